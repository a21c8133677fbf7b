import {
  choice,
  defaulted,
  explicit,
  implicit,
  optional,
  sequence,
  sequenceOf,
  setOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { boolean, openNamedBits, type UnnamedBit } from '../asn1/primitives.ts';
import { GeneralNames } from './general-name.ts';
import { AttributeTypeAndValue, type RelativeDistinguishedName } from './name.ts';

/** DistributionPointName, RFC 5280 section 4.2.1.13: a CHOICE, so that a tag around it is explicit. */
export type DistributionPointName =
  | { readonly type: 'fullName'; readonly value: GeneralNames }
  | { readonly type: 'nameRelativeToCRLIssuer'; readonly value: RelativeDistinguishedName };

// oxfmt-ignore
export const DistributionPointName: Codec<DistributionPointName> = choice<DistributionPointName>('DistributionPointName', {
  fullName:                implicit(0, GeneralNames),
  nameRelativeToCRLIssuer: implicit(1, setOf(AttributeTypeAndValue)),
});

/** One bit of ReasonFlags; one without a name means reasons nobody here can tell. */
export type ReasonFlag = (typeof reasonFlags)[number] | UnnamedBit;

/** The names of the bits of ReasonFlags, in their order. */
export const reasonFlags = [
  'unused',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** ReasonFlags, RFC 5280 section 4.2.1.13: the bits that are set. */
export const ReasonFlags: TaggedCodec<readonly ReasonFlag[]> = openNamedBits(
  'ReasonFlags',
  reasonFlags,
);

/** DistributionPoint, RFC 5280 section 4.2.1.13. */
export interface DistributionPoint {
  readonly distributionPoint?: DistributionPointName;
  readonly reasons?: readonly ReasonFlag[];
  readonly cRLIssuer?: GeneralNames;
}

// oxfmt-ignore
export const DistributionPoint: TaggedCodec<DistributionPoint> = sequence<DistributionPoint>('DistributionPoint', {
  distributionPoint: optional(explicit(0, DistributionPointName)), // a CHOICE, so its tag stays
  reasons:           optional(implicit(1, ReasonFlags)),
  cRLIssuer:         optional(implicit(2, GeneralNames)),
});

/** CRLDistributionPoints, RFC 5280 section 4.2.1.13, and FreshestCRL; a real one has a few. */
export type CRLDistributionPoints = readonly DistributionPoint[];
export const CRLDistributionPoints: TaggedCodec<CRLDistributionPoints> = sequenceOf(
  DistributionPoint,
  { min: 1, max: 100 },
);

/** IssuingDistributionPoint, RFC 5280 section 5.2.5. */
export interface IssuingDistributionPoint {
  readonly distributionPoint?: DistributionPointName;
  readonly onlyContainsUserCerts: boolean;
  readonly onlyContainsCACerts: boolean;
  readonly onlySomeReasons?: readonly ReasonFlag[];
  readonly indirectCRL: boolean;
  readonly onlyContainsAttributeCerts: boolean;
}

// oxfmt-ignore
export const IssuingDistributionPoint: TaggedCodec<IssuingDistributionPoint> = sequence<IssuingDistributionPoint>('IssuingDistributionPoint', {
  distributionPoint:          optional(explicit(0, DistributionPointName)),
  onlyContainsUserCerts:      defaulted(implicit(1, boolean), false),
  onlyContainsCACerts:        defaulted(implicit(2, boolean), false),
  onlySomeReasons:            optional(implicit(3, ReasonFlags)),
  indirectCRL:                defaulted(implicit(4, boolean), false),
  onlyContainsAttributeCerts: defaulted(implicit(5, boolean), false),
});
