import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { generatedKey, type GeneratedKey } from '../../src/crypto/keys.ts';
import { signatureAlgorithmFor } from '../../src/crypto/signature.ts';
import {
  CertificationRequest,
  CertificationRequestInfo,
} from '../../src/x509/certification-request.ts';
import { Extensions } from '../../src/x509/extension.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { makeKey } from '../harness/certificates.ts';

/** What a PKCS #10 request says. */
export interface Pkcs10Parts {
  readonly subject?: string;
  readonly key?: GeneratedKey;
  readonly extensions?: Extensions;
  readonly version?: number;
}

/** A key for a request that was made elsewhere. */
export function requestKey(): GeneratedKey {
  return generatedKey(makeKey().privateKey);
}

/** Make a PKCS #10 request as another tool would, and read it back as one that was received. */
export async function pkcs10(parts: Pkcs10Parts = {}): Promise<CertificationRequest> {
  const { subject = 'CN=gw1,O=Test', key = requestKey(), extensions, version = 0 } = parts;
  const certificationRequestInfo: CertificationRequestInfo = {
    version,
    subject: parseName(subject),
    subjectPKInfo: fromDer(SubjectPublicKeyInfo, key.key.spki),
    attributes: extensions
      ? [{ type: oids.extensionRequest, values: [toDer(Extensions, extensions)] }]
      : [],
  };
  const signatureAlgorithm = signatureAlgorithmFor(key.key);
  const der = toDer(CertificationRequestInfo, certificationRequestInfo);
  const signature = await key.key.sign(der, signatureAlgorithm);
  const request = { certificationRequestInfo, signatureAlgorithm, signature };
  return fromDer(CertificationRequest, toDer(CertificationRequest, request));
}
