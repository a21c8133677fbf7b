import { CertError } from '../base/errors.ts';
import {
  defaulted,
  implicit,
  optional,
  sequence,
  sequenceOf,
  toDer,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { DerReader, type Tolerance } from '../asn1/der-reader.ts';
import { isOidName, oidName, oids, type Oid, type OidName } from '../asn1/oids.ts';
import {
  bigInteger,
  boolean,
  integer,
  namedBits,
  nullValue,
  objectIdentifier,
  octetString,
} from '../asn1/primitives.ts';
import { generalizedTime } from '../asn1/times.ts';
import { CertificatePolicies, PolicyConstraints, PolicyMappings } from './certificate-policies.ts';
import { CRLReason } from './crl-reason.ts';
import { CRLDistributionPoints, IssuingDistributionPoint } from './distribution-point.ts';
import type { Extension, Extensions } from './extension.ts';
import { GeneralName, GeneralNames } from './general-name.ts';
import { NameConstraints } from './name-constraints.ts';

/** BasicConstraints, RFC 5280 section 4.2.1.9. */
export interface BasicConstraints {
  readonly cA: boolean;
  readonly pathLenConstraint?: number;
}

// oxfmt-ignore
export const BasicConstraints: TaggedCodec<BasicConstraints> = sequence<BasicConstraints>('BasicConstraints', {
  cA:                defaulted(boolean, false),
  pathLenConstraint: optional(integer),
});

const keyUsageBits = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** One bit of KeyUsage, RFC 5280 section 4.2.1.3. */
export type KeyUsageBit = (typeof keyUsageBits)[number];

/** KeyUsage: the bits that are set. One without a name is refused: it could mean anything. */
export const KeyUsage: TaggedCodec<readonly KeyUsageBit[]> = namedBits('KeyUsage', keyUsageBits);

/** ExtKeyUsageSyntax, RFC 5280 section 4.2.1.12: at least one purpose. */
export const ExtKeyUsage: TaggedCodec<readonly Oid[]> = sequenceOf(objectIdentifier, { min: 1 });

/** AuthorityKeyIdentifier, RFC 5280 section 4.2.1.1. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier?: Uint8Array;
  readonly authorityCertIssuer?: GeneralNames;
  readonly authorityCertSerialNumber?: bigint;
}

// oxfmt-ignore
export const AuthorityKeyIdentifier: TaggedCodec<AuthorityKeyIdentifier> = sequence<AuthorityKeyIdentifier>('AuthorityKeyIdentifier', {
  keyIdentifier:             optional(implicit(0, octetString)),
  authorityCertIssuer:       optional(implicit(1, GeneralNames)),
  authorityCertSerialNumber: optional(implicit(2, bigInteger)),
});

/** AccessDescription, RFC 5280 section 4.2.2.1. */
export interface AccessDescription {
  readonly accessMethod: Oid;
  readonly accessLocation: GeneralName;
}

// oxfmt-ignore
export const AccessDescription: TaggedCodec<AccessDescription> = sequence<AccessDescription>('AccessDescription', {
  accessMethod:   objectIdentifier,
  accessLocation: GeneralName,
});

/** The extensions of certificates, CRLs and OCSP whose values have a codec, and what they decode to. */
export interface ExtensionValues {
  readonly basicConstraints: BasicConstraints;
  readonly keyUsage: readonly KeyUsageBit[];
  readonly extKeyUsage: readonly Oid[];
  readonly subjectKeyIdentifier: Uint8Array;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier;
  readonly subjectAltName: GeneralNames;
  readonly issuerAltName: GeneralNames;
  readonly nameConstraints: NameConstraints;
  readonly certificatePolicies: CertificatePolicies;
  readonly policyMappings: PolicyMappings;
  readonly policyConstraints: PolicyConstraints;
  readonly inhibitAnyPolicy: number;
  readonly cRLDistributionPoints: CRLDistributionPoints;
  readonly freshestCRL: CRLDistributionPoints;
  readonly authorityInfoAccess: readonly AccessDescription[];
  readonly subjectInfoAccess: readonly AccessDescription[];
  /** Numbers of TLS extensions, RFC 7633; 5 is status_request: "must staple". */
  readonly tlsFeature: readonly number[];
  readonly ocspNoCheck: null;
  readonly cRLNumber: bigint;
  /** The number of the base CRL that a delta CRL builds on. */
  readonly deltaCRLIndicator: bigint;
  readonly issuingDistributionPoint: IssuingDistributionPoint;
  readonly reasonCode: CRLReason;
  readonly invalidityDate: Date;
  readonly certificateIssuer: GeneralNames;
  readonly ocspNonce: Uint8Array;
}

const codecs: { readonly [K in keyof ExtensionValues]: Codec<ExtensionValues[K]> } = {
  basicConstraints: BasicConstraints,
  keyUsage: KeyUsage,
  extKeyUsage: ExtKeyUsage,
  subjectKeyIdentifier: octetString,
  authorityKeyIdentifier: AuthorityKeyIdentifier,
  subjectAltName: GeneralNames,
  issuerAltName: GeneralNames,
  nameConstraints: NameConstraints,
  certificatePolicies: CertificatePolicies,
  policyMappings: PolicyMappings,
  policyConstraints: PolicyConstraints,
  inhibitAnyPolicy: integer,
  cRLDistributionPoints: CRLDistributionPoints,
  freshestCRL: CRLDistributionPoints,
  authorityInfoAccess: sequenceOf(AccessDescription, { min: 1 }),
  subjectInfoAccess: sequenceOf(AccessDescription, { min: 1 }),
  tlsFeature: sequenceOf(integer, { min: 1 }),
  ocspNoCheck: nullValue,
  cRLNumber: bigInteger,
  deltaCRLIndicator: bigInteger,
  issuingDistributionPoint: IssuingDistributionPoint,
  reasonCode: CRLReason,
  invalidityDate: generalizedTime,
  certificateIssuer: GeneralNames,
  ocspNonce: octetString,
};

/**
 * Decode one extension of a certificate, with the tolerances certificates have, or of a template
 * `strictly`, as everything in a CMP message is read.
 *
 * @returns undefined when it is not there
 * @throws {CertError} DER_MALFORMED
 */
export function extensionValue<K extends keyof ExtensionValues>(
  extensions: Extensions | undefined,
  name: K,
  reading: 'tolerantly' | 'strictly' = 'tolerantly',
): ExtensionValues[K] | undefined {
  const found = extensions?.find(({ extnID }) => extnID === oids[name]);
  if (!found) return undefined;
  return decodeValue(codecs[name], found, reading === 'tolerantly' ? [] : undefined);
}

/**
 * List the departures from DER inside extension values: `toleratedIn` of a certificate calls this. A
 * value that does not decode tells nothing here; it is refused where it is used.
 */
export function toleratedInValues(extensions: Extensions): readonly Tolerance[] {
  const tolerated: Tolerance[] = [];
  for (const found of extensions) {
    const codec = codecOf.get(found.extnID);
    if (!codec) continue;
    try {
      decodeValue(codec, found, tolerated);
    } catch (error) {
      if (!(error instanceof CertError)) throw error;
    }
  }
  return tolerated;
}

const codecOf = new Map<Oid, Codec<unknown>>(
  Object.entries<Codec<unknown>>(codecs).flatMap(([name, codec]) =>
    isOidName(name) ? [[oids[name], codec] as const] : [],
  ),
);

function decodeValue<T>(
  codec: Codec<T>,
  { extnID, extnValue }: Extension,
  tolerated: Tolerance[] | undefined,
): T {
  const reader = new DerReader(extnValue, oidName(extnID));
  reader.tolerated = tolerated;
  const value = codec.decode(reader);
  if (reader.hasMore()) reader.fail('octets follow the value');
  return value;
}

/** Build an extension from its value. */
export function extension<K extends keyof ExtensionValues>(
  name: K,
  value: ExtensionValues[K],
  critical = false,
): Extension {
  const codec: Codec<ExtensionValues[K]> = codecs[name];
  return { extnID: oids[name], critical, extnValue: toDer(codec, value) };
}

/** Build an extension from the DER of its value. */
export function rawExtension(name: OidName, extnValue: Uint8Array, critical = false): Extension {
  return { extnID: oids[name], critical, extnValue };
}
