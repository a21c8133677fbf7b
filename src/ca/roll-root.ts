import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { softwareKeys, type AnyKeyType, type KeyType } from '../crypto/keys.ts';
import { certificateDer } from '../x509/certificate.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import {
  BACKDATE_MS,
  CA_DAYS,
  caExtensions,
  issuerOf,
  loadAuthorities,
  type AuthorityRecord,
  type AuthorityRole,
} from './authority.ts';
import {
  issueCertificate,
  keyIdentifierOf,
  publicKeyOf,
  serialNumberFrom,
  type CertificateIssuer,
} from './issue-certificate.ts';
import { certifiedKeyTypes } from './key-specs.ts';

/**
 * Give a lab a new root of the same name, and have the old and the new key certify each other (RFC 9810
 * section 4.4.1). The issuing CA keeps its key and gets a certificate of the new root, which whoever has only
 * the old one verifies by newWithOld. Of roots before the old one nothing is kept.
 *
 * @returns the records that are new or changed
 */
export async function rollRoot(
  records: readonly AuthorityRecord[],
  clock: Pick<Clock, 'now'>,
  random: Random,
): Promise<readonly AuthorityRecord[]> {
  const authorities = loadAuthorities(records);
  const find = (role: AuthorityRole): AuthorityRecord => {
    const record = records.find((one) => one.role === role);
    if (record) return record;
    throw new CertError('STORE_CORRUPT', `Cannot find the ${role} of the lab`);
  };
  if (!authorities) throw new CertError('STORE_CORRUPT', 'Cannot read the keys of the lab');
  const { root, issuing } = authorities;
  const old = issuerOf(root);
  const { subjectPublicKeyInfo: oldKey, validity } = root.certificate.tbsCertificate;
  const { key, pkcs8 } = await softwareKeys.generate(generated(root.key.keyType));
  const newKey = publicKeyOf(key);
  const itself: CertificateIssuer = {
    key,
    name: old.name,
    keyIdentifier: keyIdentifierOf(newKey),
  };
  const notBefore = new Date(clock.now().getTime() - BACKDATE_MS);
  const notAfter = new Date(notBefore.getTime() + CA_DAYS * 86_400_000);

  async function certify(
    publicKey: SubjectPublicKeyInfo,
    issuer: CertificateIssuer,
    until: Date,
    subject = old.name,
    pathLength?: number,
  ): Promise<Uint8Array> {
    const certificate = await issueCertificate(
      {
        serialNumber: serialNumberFrom(random.bytes(16)),
        subject,
        publicKey,
        notBefore,
        notAfter: until,
        extensions: caExtensions(pathLength),
      },
      issuer,
    );
    return certificateDer(certificate);
  }

  // Neither link outlives the old root: past its end it vouches for nothing, and needs no vouching for.
  const lastOld = validity.notAfter.value;
  const { subject, subjectPublicKeyInfo } = issuing.certificate.tbsCertificate;
  return [
    { role: 'root', pkcs8, certificate: await certify(newKey, itself, notAfter) },
    {
      role: 'issuing',
      pkcs8: find('issuing').pkcs8,
      certificate: await certify(subjectPublicKeyInfo, itself, notAfter, subject, 0),
    },
    { ...find('root'), role: 'previous-root' },
    { role: 'new-with-old', pkcs8, certificate: await certify(newKey, old, lastOld) },
    {
      role: 'old-with-new',
      pkcs8: find('root').pkcs8,
      certificate: await certify(oldKey, itself, lastOld),
    },
  ];
}

/** The lab generated the key itself, so its type is one of these. */
function generated(keyType: AnyKeyType): KeyType {
  return certifiedKeyTypes.find((one) => one === keyType) ?? 'p-256';
}
