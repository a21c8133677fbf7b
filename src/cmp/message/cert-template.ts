import { explicit, implicit, optional, sequence, type TaggedCodec } from '../../asn1/codec.ts';
import { bigInteger, bitString, integer, type BitString } from '../../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { Extensions } from '../../x509/extension.ts';
import { Name } from '../../x509/name.ts';
import { SubjectPublicKeyInfo } from '../../x509/subject-public-key-info.ts';
import { Time } from '../../x509/time.ts';

/** OptionalValidity, RFC 4211 section 5. */
export interface OptionalValidity {
  readonly notBefore?: Time;
  readonly notAfter?: Time;
}

// oxfmt-ignore
const OptionalValidity: TaggedCodec<OptionalValidity> = sequence<OptionalValidity>('OptionalValidity', {
  notBefore: optional(explicit(0, Time)), // Time is a CHOICE, so its tag stays
  notAfter:  optional(explicit(1, Time)),
});

/** CertTemplate, RFC 4211 section 5: IMPLICIT tags, except around the CHOICE Name. */
export interface CertTemplate {
  readonly version?: number;
  readonly serialNumber?: bigint;
  readonly signingAlg?: AlgorithmIdentifier;
  readonly issuer?: Name;
  readonly validity?: OptionalValidity;
  readonly subject?: Name;
  readonly publicKey?: SubjectPublicKeyInfo;
  readonly issuerUID?: BitString;
  readonly subjectUID?: BitString;
  readonly extensions?: Extensions;
}

// oxfmt-ignore
export const CertTemplate: TaggedCodec<CertTemplate> = sequence<CertTemplate>('CertTemplate', {
  version:      optional(implicit(0, integer)),
  serialNumber: optional(implicit(1, bigInteger)),
  signingAlg:   optional(implicit(2, AlgorithmIdentifier)),
  issuer:       optional(explicit(3, Name)),
  validity:     optional(implicit(4, OptionalValidity)),
  subject:      optional(explicit(5, Name)),
  publicKey:    optional(implicit(6, SubjectPublicKeyInfo)),
  issuerUID:    optional(implicit(7, bitString)),
  subjectUID:   optional(implicit(8, bitString)),
  extensions:   optional(implicit(9, Extensions)),
});
