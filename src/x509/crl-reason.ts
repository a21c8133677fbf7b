import { mapped, type TaggedCodec } from '../asn1/codec.ts';
import { enumerated } from '../asn1/primitives.ts';

/** CRLReason by its numbers, RFC 5280 section 5.3.1; 7 is not used. */
const reasons = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** Why a certificate was revoked, RFC 5280 section 5.3.1. */
export type CRLReason = Exclude<(typeof reasons)[number], undefined>;

/** The reasons there are, in the order of their numbers. */
export const crlReasons: readonly CRLReason[] = reasons.filter((reason) => reason !== undefined);

/** Tell whether a word names a reason. */
export function isCRLReason(word: string): word is CRLReason {
  return crlReasons.some((reason) => reason === word);
}

/** CRLReason; a number without a name is refused. */
export const CRLReason: TaggedCodec<CRLReason> = mapped(enumerated, {
  name: 'CRLReason',
  decode: (number, reader) => reasons[number] ?? reader.fail(`CRLReason ${number} has no name`),
  encode: (reason) => reasons.indexOf(reason),
});
