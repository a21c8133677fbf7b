import {
  defaulted,
  implicit,
  optional,
  sequence,
  sequenceOf,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { integer } from '../asn1/primitives.ts';
import { GeneralName } from './general-name.ts';

/** GeneralSubtree, RFC 5280 section 4.2.1.10, which wants `minimum` 0 and `maximum` absent. */
export interface GeneralSubtree {
  readonly base: GeneralName;
  readonly minimum: number;
  readonly maximum?: number;
}

// oxfmt-ignore
const GeneralSubtree: TaggedCodec<GeneralSubtree> = sequence<GeneralSubtree>('GeneralSubtree', {
  base:    GeneralName,
  minimum: defaulted(implicit(0, integer), 0),
  maximum: optional(implicit(1, integer)),
});

const GeneralSubtrees: TaggedCodec<readonly GeneralSubtree[]> = sequenceOf(GeneralSubtree, {
  min: 1,
});

/** NameConstraints, RFC 5280 section 4.2.1.10. */
export interface NameConstraints {
  readonly permittedSubtrees?: readonly GeneralSubtree[];
  readonly excludedSubtrees?: readonly GeneralSubtree[];
}

// oxfmt-ignore
export const NameConstraints: TaggedCodec<NameConstraints> = sequence<NameConstraints>('NameConstraints', {
  permittedSubtrees: optional(implicit(0, GeneralSubtrees)),
  excludedSubtrees:  optional(implicit(1, GeneralSubtrees)),
});
