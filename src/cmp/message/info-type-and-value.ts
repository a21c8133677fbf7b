import { optional, sequence, type TaggedCodec } from '../../asn1/codec.ts';
import { oids, type Oid } from '../../asn1/oids.ts';
import { any, objectIdentifier } from '../../asn1/primitives.ts';

/** InfoTypeAndValue, RFC 9810 section 5.3.19; the value is carried as it stands. */
export interface InfoTypeAndValue {
  readonly infoType: Oid;
  readonly infoValue?: Uint8Array;
}

// oxfmt-ignore
export const InfoTypeAndValue: TaggedCodec<InfoTypeAndValue> = sequence<InfoTypeAndValue>('InfoTypeAndValue', {
  infoType:  objectIdentifier,
  infoValue: optional(any),
});

/** The generalInfo item that asks for implicitConfirm, or grants it (RFC 9810 section 5.1.1.1). */
export const implicitConfirm: InfoTypeAndValue = {
  infoType: oids.implicitConfirm,
  // H12: the value is NULL.
  infoValue: Uint8Array.of(0x05, 0x00),
};

/** Tell whether a header's generalInfo has implicitConfirm. */
export function hasImplicitConfirm(generalInfo: readonly InfoTypeAndValue[] | undefined): boolean {
  return generalInfo?.some(({ infoType }) => infoType === oids.implicitConfirm) ?? false;
}
