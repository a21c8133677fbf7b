import { softwareKeys, type SigningKey } from '../../src/crypto/keys.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue, makeKey, type Issued } from '../harness/certificates.ts';

/** A certificate with its key as a handle, as code under test takes it. */
export interface Holder {
  readonly certificate: Certificate;
  readonly key: SigningKey;
  readonly pkcs8: Uint8Array;
  readonly issued: Issued;
}

/** How the certificate of a test is made. */
export interface HolderOptions {
  readonly rsaBits?: number;
  readonly issuer?: Issued;
  readonly isCa?: boolean;
  readonly keyIdentifier?: Uint8Array;
  readonly extensions?: readonly Extension[];
}

/** Make a key, P-256 or RSA, and a certificate for it. */
export function holder(subject: string, options: HolderOptions = {}): Holder {
  const { rsaBits, issuer, isCa, keyIdentifier, extensions = [] } = options;
  const testKey = makeKey(rsaBits);
  const issued = issue({
    subject,
    key: testKey,
    ...(issuer && { issuer }),
    ...(isCa && { isCa }),
    extensions: [
      ...extensions,
      ...(keyIdentifier ? [extension('subjectKeyIdentifier', keyIdentifier)] : []),
    ],
  });
  const pkcs8 = Uint8Array.from(testKey.privateKey.export({ format: 'der', type: 'pkcs8' }));
  return { certificate: issued.certificate, key: softwareKeys.load(pkcs8), pkcs8, issued };
}
