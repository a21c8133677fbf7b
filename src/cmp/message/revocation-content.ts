import { explicit, optional, sequence, sequenceOf, type TaggedCodec } from '../../asn1/codec.ts';
import { any } from '../../asn1/primitives.ts';
import { Extensions } from '../../x509/extension.ts';
import { CertId } from './cert-id.ts';
import { CertTemplate } from './cert-template.ts';
import { PKIStatusInfo } from './pki-status-info.ts';

/** RevDetails, RFC 9810 section 5.3.9. */
export interface RevDetails {
  readonly certDetails: CertTemplate;
  readonly crlEntryDetails?: Extensions;
}

// oxfmt-ignore
const RevDetails: TaggedCodec<RevDetails> = sequence<RevDetails>('RevDetails', {
  certDetails:     CertTemplate,
  crlEntryDetails: optional(Extensions),
});

export type RevReqContent = readonly RevDetails[];
export const RevReqContent: TaggedCodec<RevReqContent> = sequenceOf(RevDetails, { max: 100 });

/** RevRepContent, RFC 9810 section 5.3.10; CRLs are carried as they stand. */
export interface RevRepContent {
  readonly status: readonly PKIStatusInfo[];
  readonly revCerts?: readonly CertId[];
  readonly crls?: readonly Uint8Array[];
}

// oxfmt-ignore
export const RevRepContent: TaggedCodec<RevRepContent> = sequence<RevRepContent>('RevRepContent', {
  status:   sequenceOf(PKIStatusInfo, { min: 1, max: 100 }),
  revCerts: optional(explicit(0, sequenceOf(CertId, { min: 1, max: 100 }))),
  crls:     optional(explicit(1, sequenceOf(any, { min: 1, max: 100 }))),
});
