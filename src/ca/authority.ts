import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { fromDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { softwareKeys, type KeyType, type SigningKey } from '../crypto/keys.ts';
import { Certificate, certificateDer } from '../x509/certificate.ts';
import type { Extension } from '../x509/extension.ts';
import { extension, extensionValue } from '../x509/extension-values.ts';
import { parseName } from '../x509/name-text.ts';
import {
  issueCertificate,
  keyIdentifierOf,
  publicKeyOf,
  serialNumberFrom,
  type CertificateIssuer,
} from './issue-certificate.ts';

const ownRoles = ['root', 'issuing', 'ra', 'vendor-root', 'vendor-device'] as const;
type OwnRole = (typeof ownRoles)[number];

/**
 * What the ledger holds: who is who, the OCSP responder once it has answered, and after a new root what is left of the
 * one before.
 */
export type AuthorityRole = OwnRole | 'ocsp' | 'previous-root' | 'new-with-old' | 'old-with-new';
export const authorityRoles: readonly AuthorityRole[] = [
  ...ownRoles,
  'ocsp',
  'previous-root',
  'new-with-old',
  'old-with-new',
];

/** A key and its certificate, as the ledger keeps them. */
export interface AuthorityRecord {
  readonly role: AuthorityRole;
  readonly pkcs8: Uint8Array;
  readonly certificate: Uint8Array;
}

/** A key ready to sign, with its certificate. */
export interface Authority {
  readonly key: SigningKey;
  readonly certificate: Certificate;
}

/** The whole PKI of a lab. */
export interface Authorities extends Readonly<Record<OwnRole, Authority>> {
  /** Set once the lab has a new root. */
  readonly rolled?: RolledRoot;
}

/** The root before, which stays acceptable, and what leads from one to the other (RFC 9810 section 4.4). */
export interface RolledRoot {
  readonly previous: Authority;
  readonly newWithOld: Certificate;
  readonly oldWithNew: Certificate;
}

/** Longer than any lab lives; what is issued below it can never outlast it. */
export const CA_DAYS = 3650;
/** Whoever's clock is a little behind accepts the new lab's certificates all the same. */
export const BACKDATE_MS = 3_600_000;

/** Generate the keys of a new lab and have them certify each other. */
export async function createAuthorities(
  keyType: KeyType,
  clock: Pick<Clock, 'now'>,
  random: Random,
  days: number = CA_DAYS,
): Promise<readonly AuthorityRecord[]> {
  const notBefore = new Date(clock.now().getTime() - BACKDATE_MS);
  const notAfter = new Date(notBefore.getTime() + days * 86_400_000);

  async function make(
    role: AuthorityRole,
    type: KeyType,
    subject: string,
    extensions: readonly Extension[],
    issuer?: CertificateIssuer,
  ): Promise<{ record: AuthorityRecord; issuer: CertificateIssuer }> {
    const { key, pkcs8 } = await softwareKeys.generate(type);
    const name = parseName(subject);
    const publicKey = publicKeyOf(key);
    const itself = { key, name, keyIdentifier: keyIdentifierOf(publicKey) };
    const certificate = await issueCertificate(
      {
        serialNumber: serialNumberFrom(random.bytes(16)),
        subject: name,
        publicKey,
        notBefore,
        notAfter,
        extensions,
      },
      issuer ?? itself,
    );
    return { record: { role, pkcs8, certificate: certificateDer(certificate) }, issuer: itself };
  }

  const root = await make('root', keyType, 'CN=Lab Root CA,O=certkeeper lab', caExtensions());
  const issuing = await make(
    'issuing',
    keyType,
    'CN=Lab Issuing CA,O=certkeeper lab',
    caExtensions(0),
    root.issuer,
  );
  const ra = await make(
    'ra',
    keyType,
    'CN=Lab RA,O=certkeeper lab',
    [...leafExtensions, extension('extKeyUsage', [oids.cmcRA])],
    issuing.issuer,
  );
  const vendorRoot = await make(
    'vendor-root',
    'p-256',
    'CN=Lab Vendor Root CA,O=certkeeper lab vendor',
    caExtensions(0),
  );
  const vendorDevice = await make(
    'vendor-device',
    'p-256',
    'CN=device-0001,O=certkeeper lab vendor',
    leafExtensions,
    vendorRoot.issuer,
  );
  return [root, issuing, ra, vendorRoot, vendorDevice].map(({ record }) => record);
}

/** Make the authorities usable that a ledger holds. */
export function loadAuthorities(records: readonly AuthorityRecord[]): Authorities | undefined {
  const find = (role: AuthorityRole): Authority | undefined => {
    const record = records.find((one) => one.role === role);
    if (!record) return undefined;
    return {
      key: softwareKeys.load(record.pkcs8),
      certificate: fromDer(Certificate, record.certificate),
    };
  };
  const [root, issuing, ra] = [find('root'), find('issuing'), find('ra')];
  const [vendorRoot, vendorDevice] = [find('vendor-root'), find('vendor-device')];
  if (!root || !issuing || !ra || !vendorRoot || !vendorDevice) return undefined;
  const previous = find('previous-root');
  const newWithOld = find('new-with-old')?.certificate;
  const oldWithNew = find('old-with-new')?.certificate;
  return {
    root,
    issuing,
    ra,
    'vendor-root': vendorRoot,
    'vendor-device': vendorDevice,
    ...(previous && newWithOld && oldWithNew && { rolled: { previous, newWithOld, oldWithNew } }),
  };
}

/** Give what an authority issues with. */
export function issuerOf({ key, certificate }: Authority): CertificateIssuer {
  const { subject, extensions, subjectPublicKeyInfo } = certificate.tbsCertificate;
  const keyIdentifier =
    extensionValue(extensions, 'subjectKeyIdentifier') ?? keyIdentifierOf(subjectPublicKeyInfo);
  return { key, name: subject, keyIdentifier };
}

const leafExtensions: readonly Extension[] = [
  extension('basicConstraints', { cA: false }, true),
  extension('keyUsage', ['digitalSignature'], true),
];

/** The extensions of a CA certificate, beside its key identifiers. */
export function caExtensions(pathLenConstraint?: number): readonly Extension[] {
  const constraint = pathLenConstraint === undefined ? {} : { pathLenConstraint };
  return [
    extension('basicConstraints', { cA: true, ...constraint }, true),
    extension('keyUsage', ['keyCertSign', 'cRLSign'], true),
  ];
}
