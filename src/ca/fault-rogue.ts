import type { KeyType } from '../crypto/key-type.ts';
import { softwareKeys } from '../crypto/keys.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension } from '../x509/extension-values.ts';
import type { Extension } from '../x509/extension.ts';
import type { Name } from '../x509/name.ts';
import { parseName } from '../x509/name-text.ts';
import type { Authority } from './authority.ts';
import { randomOctets } from './fault-draft.ts';
import {
  issueCertificate,
  keyIdentifierOf,
  publicKeyOf,
  serialNumberFrom,
  type CertificateIssuer,
} from './issue-certificate.ts';

const DAY_MS = 86_400_000;

/** What a certificate made for a fault shall be. */
export interface Made {
  readonly subject: Name;
  readonly extensions: readonly Extension[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Random when left out. */
  readonly serialNumber?: bigint;
  /** Self-signed when left out. */
  readonly issuer?: CertificateIssuer;
}

/** Make a key and a certificate for it. */
export async function makeAuthority(made: Made, keyType: KeyType = 'p-256'): Promise<Authority> {
  const { key } = await softwareKeys.generate(keyType);
  const publicKey = publicKeyOf(key);
  const { issuer = { key, name: made.subject, keyIdentifier: keyIdentifierOf(publicKey) } } = made;
  const certificate = await issueCertificate(
    { serialNumber: serialNumberFrom(randomOctets(16)), ...made, publicKey },
    issuer,
  );
  return { key, certificate };
}

/** Make a CA nobody trusts, valid around a moment. */
export async function rogueAuthority(
  now: Date,
): Promise<{ readonly certificate: Certificate; readonly issuer: CertificateIssuer }> {
  const name = parseName('CN=Rogue CA,O=Nobody');
  const { key, certificate } = await makeAuthority({
    subject: name,
    extensions: [
      extension('basicConstraints', { cA: true }, true),
      extension('keyUsage', ['keyCertSign', 'cRLSign', 'digitalSignature'], true),
    ],
    ...validAround(now),
  });
  const { subjectPublicKeyInfo } = certificate.tbsCertificate;
  return {
    certificate,
    issuer: { key, name, keyIdentifier: keyIdentifierOf(subjectPublicKeyInfo) },
  };
}

/** From yesterday for a year. */
export function validAround(now: Date): Pick<Made, 'notBefore' | 'notAfter'> {
  return {
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + 365 * DAY_MS),
  };
}
