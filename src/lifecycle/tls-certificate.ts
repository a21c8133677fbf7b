import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { TlsClientCertificate } from '../http/route.ts';
import type { CertificateRecord, Store } from '../store/store.ts';

/** A certificate for TLS, as it is now. */
export interface TlsCertificate {
  readonly record: CertificateRecord;
  /** What is shown, with its key; servers use the same. */
  readonly shown: TlsClientCertificate;
}

/**
 * Take the certificate that is current for a name now, with its key: it may have been renewed since the last time.
 *
 * @param doing for messages: `connect to CA "rootA"`
 * @param hint what to do when it cannot be used
 * @throws {CertError} CERT_UNKNOWN, KEY_UNUSABLE, and those of the store
 */
export async function tlsCertificate(
  { certificates, keys }: Pick<Store, 'certificates' | 'keys'>,
  name: Label,
  doing: string,
  hint: string,
): Promise<TlsCertificate> {
  const refuse = (code: 'CERT_UNKNOWN' | 'KEY_UNUSABLE', why: string): never => {
    throw new CertError(code, `Cannot ${doing} with certificate "${name}": ${why}`, { hint });
  };
  const record = await certificates.current(name);
  if (record === undefined) return refuse('CERT_UNKNOWN', 'there is none of this name');
  const { keyId, der, chain } = record;
  if (keyId === undefined) return refuse('KEY_UNUSABLE', 'its private key is not here');
  if ((await keys.publicKey(keyId)).tokenUri !== undefined) {
    return refuse('KEY_UNUSABLE', 'its private key is in a token, which TLS does not reach here');
  }
  return { record, shown: { pkcs8: await keys.privateKey(keyId), chain: [der, ...chain] } };
}
