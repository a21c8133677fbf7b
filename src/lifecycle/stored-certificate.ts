import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { samePublicKey, SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

/**
 * Decode a certificate out of the store. It was decoded before it got there: what does not decode now was
 * damaged since, and that is no peer's doing.
 *
 * @param whose for the message: `CA "rootA"`, `"gw1"`
 * @throws {CertError} STORE_CORRUPT
 */
export function storedCertificate(der: Uint8Array, whose: string): Certificate {
  try {
    return decodeCertificate(der);
  } catch (cause) {
    throw new CertError('STORE_CORRUPT', `Cannot read a certificate of ${whose}: it is damaged`, {
      cause,
      hint: 'Put a backup of the store in its place, or set the CA or certificate up again',
    });
  }
}

/**
 * Get the private key of a stored certificate, before both leave the store together. A sealed key belongs to its row, but
 * which row belongs to a certificate is not sealed: whoever exchanged two would have services start with no pair.
 *
 * @param keyId a key that is not in a token
 * @returns PKCS #8
 * @throws {CertError} STORE_CORRUPT when it is the key of another one
 */
export async function keyOfCertificate(
  { keys }: Pick<Store, 'keys'>,
  { name, der }: Pick<CertificateRecord, 'name' | 'der'>,
  keyId: number,
): Promise<Uint8Array> {
  const { subjectPublicKeyInfo } = storedCertificate(der, `"${name}"`).tbsCertificate;
  const { spki } = await keys.publicKey(keyId);
  if (!samePublicKey(fromDer(SubjectPublicKeyInfo, spki), subjectPublicKeyInfo)) {
    throw new CertError(
      'STORE_CORRUPT',
      `Cannot use the key of "${name}": the one that is stored with it belongs to another certificate`,
      { hint: 'Put a backup of the store in its place' },
    );
  }
  return keys.privateKey(keyId);
}

/** Write the serial number of a stored certificate as operators compare it: hexadecimal, in whole octets. */
export function serialOf({
  name,
  der,
}: {
  readonly name: string;
  readonly der: Uint8Array;
}): string {
  const { serialNumber } = storedCertificate(der, `"${name}"`).tbsCertificate;
  const digits = serialNumber.toString(16).replace('-', '');
  return (serialNumber < 0n ? '-' : '') + digits.padStart(digits.length + (digits.length % 2), '0');
}
