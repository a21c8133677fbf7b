import { implicit, optional, sequence, sequenceOf, type TaggedCodec } from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { any, integer, objectIdentifier } from '../asn1/primitives.ts';

/** PolicyQualifierInfo, RFC 5280 section 4.2.1.4; the qualifier is carried as it stands. */
export interface PolicyQualifierInfo {
  readonly policyQualifierId: Oid;
  readonly qualifier: Uint8Array;
}

// oxfmt-ignore
const PolicyQualifierInfo: TaggedCodec<PolicyQualifierInfo> = sequence<PolicyQualifierInfo>('PolicyQualifierInfo', {
  policyQualifierId: objectIdentifier,
  qualifier:         any,
});

/** PolicyInformation, RFC 5280 section 4.2.1.4. */
export interface PolicyInformation {
  readonly policyIdentifier: Oid;
  readonly policyQualifiers?: readonly PolicyQualifierInfo[];
}

// oxfmt-ignore
const PolicyInformation: TaggedCodec<PolicyInformation> = sequence<PolicyInformation>('PolicyInformation', {
  policyIdentifier: objectIdentifier,
  policyQualifiers: optional(sequenceOf(PolicyQualifierInfo, { min: 1 })),
});

/**
 * Policies of one certificate, and mappings between them: several times what bridges of governments have, which map a
 * few dozen. A path of hostile CAs has these in every certificate.
 */
const MAX_POLICIES = 256;

/** CertificatePolicies, RFC 5280 section 4.2.1.4: at least one. */
export type CertificatePolicies = readonly PolicyInformation[];
export const CertificatePolicies: TaggedCodec<CertificatePolicies> = sequenceOf(PolicyInformation, {
  min: 1,
  max: MAX_POLICIES,
});

/** One of PolicyMappings, RFC 5280 section 4.2.1.5. */
export interface PolicyMapping {
  readonly issuerDomainPolicy: Oid;
  readonly subjectDomainPolicy: Oid;
}

// oxfmt-ignore
const PolicyMapping: TaggedCodec<PolicyMapping> = sequence<PolicyMapping>('PolicyMapping', {
  issuerDomainPolicy:  objectIdentifier,
  subjectDomainPolicy: objectIdentifier,
});

/** PolicyMappings, RFC 5280 section 4.2.1.5: at least one. */
export type PolicyMappings = readonly PolicyMapping[];
export const PolicyMappings: TaggedCodec<PolicyMappings> = sequenceOf(PolicyMapping, {
  min: 1,
  max: MAX_POLICIES,
});

/** PolicyConstraints, RFC 5280 section 4.2.1.11: after how many certificates each of the two sets in. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number;
  readonly inhibitPolicyMapping?: number;
}

// oxfmt-ignore
export const PolicyConstraints: TaggedCodec<PolicyConstraints> = sequence<PolicyConstraints>('PolicyConstraints', {
  requireExplicitPolicy: optional(implicit(0, integer)),
  inhibitPolicyMapping:  optional(implicit(1, integer)),
});
