import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { decodePem } from '../asn1/pem.ts';
import { fromDer } from '../asn1/codec.ts';
import { loadPrivateKeyPem } from '../crypto/private-key-pem.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { samePublicKey, SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { Place } from './delivery-error.ts';
import type { DeliveryFs } from './delivery-fs.ts';
import type { DeliveredPems } from './files.ts';

/**
 * Refuse to put a certificate whose key is not here beside the key file of another one, the one before it: a service
 * that reads both would not start again. A key that fits is the operator's own, made before the request, and stays.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export async function refuseFormerKey(
  fs: DeliveryFs,
  place: Place,
  path: string,
  { certificatePem }: Pick<DeliveredPems, 'certificatePem'>,
  log: Log,
): Promise<void> {
  if ((await fs.status(path)) === undefined) return;
  const text =
    (await fs.targetStatus(path))?.kind === 'file'
      ? new TextDecoder().decode(await fs.read(path))
      : '';
  // Never ours, for ours are in clear: whoever encrypted it knows what it is.
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    log.warn(
      `"${path}" is encrypted: whether it is the key of certificate "${place.name}" is not known`,
    );
    return;
  }
  if (isKeyOf(text, certificatePem)) return;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${place.name}" to "${place.where}": "${path}" is not the key of this certificate, and that key is not here`,
    { hint: 'Move that file away, or put the key of this certificate in its place' },
  );
}

function isKeyOf(keyPem: string, certificatePem: string): boolean {
  try {
    const { key } = loadPrivateKeyPem(keyPem);
    const [block] = decodePem(certificatePem);
    if (block === undefined) return false;
    const { subjectPublicKeyInfo } = decodeCertificate(block.der).tbsCertificate;
    return samePublicKey(fromDer(SubjectPublicKeyInfo, key.spki), subjectPublicKeyInfo);
  } catch (error) {
    if (error instanceof CertError) return false;
    throw error;
  }
}
