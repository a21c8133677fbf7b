import { explicit, sequence, type TaggedCodec } from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { any, objectIdentifier } from '../asn1/primitives.ts';

/** ContentInfo, RFC 5652 section 3: what files hold. CMP has the bare EnvelopedData and SignedData in its place. */
export interface ContentInfo {
  readonly contentType: Oid;
  readonly content: Uint8Array;
}

// oxfmt-ignore
export const ContentInfo: TaggedCodec<ContentInfo> = sequence<ContentInfo>('ContentInfo', {
  contentType: objectIdentifier,
  content:     explicit(0, any),
});
