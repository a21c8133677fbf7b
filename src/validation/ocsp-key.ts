import { asBuffer, concatBytes, toHex } from '../base/bytes.ts';
import { sourceOf, toDer } from '../asn1/codec.ts';
import { digest } from '../crypto/digest.ts';
import type { Certificate } from '../x509/certificate.ts';
import { Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

interface Made {
  readonly issuer: Certificate;
  readonly policyHash: string;
  readonly key: string;
}

// A server asks about the same few certificates all the time, and its CAs stay the same objects.
const issuers = new WeakMap<Certificate, string>();
const made = new WeakMap<Certificate, Made>();

/**
 * Name what a result is about, and by whose rules it was believed: issuer by name and key, serial number, subject, and
 * the policy. A lax object never answers for a strict one.
 *
 * @param issuer on the verified path
 */
export function ocspKey(certificate: Certificate, issuer: Certificate, policyHash: string): string {
  const before = made.get(certificate);
  if (before && before.issuer === issuer && before.policyHash === policyHash) return before.key;
  const { serialNumber, subject } = certificate.tbsCertificate;
  // As it is: most are hardly longer than a hash, which takes longer than all the rest.
  const name = asBuffer(sourceOf(subject) ?? toDer(Name, subject)).toString('latin1');
  const key = `${issuerHash(issuer)} ${serialNumber.toString(16)} ${policyHash} ${name}`;
  made.set(certificate, { issuer, policyHash, key });
  return key;
}

function issuerHash(issuer: Certificate): string {
  const before = issuers.get(issuer);
  if (before !== undefined) return before;
  const { subject, subjectPublicKeyInfo: spki } = issuer.tbsCertificate;
  const name = sourceOf(subject) ?? toDer(Name, subject);
  const key = sourceOf(spki) ?? toDer(SubjectPublicKeyInfo, spki);
  const hash = toHex(digest('sha256', concatBytes(name, key)));
  issuers.set(issuer, hash);
  return hash;
}
