import {
  choice,
  explicit,
  optional,
  sequence,
  type Codec,
  type TaggedCodec,
} from '../../asn1/codec.ts';
import { DistributionPointName } from '../../x509/distribution-point.ts';
import { GeneralNames } from '../../x509/general-name.ts';
import { Time } from '../../x509/time.ts';

/**
 * CRLSource, RFC 9810 section 5.3.19.17: EXPLICIT tags, as in all of the CMP module, so that `issuer` keeps
 * the SEQUENCE of its GeneralNames. A `dpn` points at a CRL the server has; nothing is fetched by it.
 */
export type CRLSource =
  | { readonly type: 'dpn'; readonly value: DistributionPointName }
  | { readonly type: 'issuer'; readonly value: GeneralNames };

// oxfmt-ignore
export const CRLSource: Codec<CRLSource> = choice<CRLSource>('CRLSource', {
  dpn:    explicit(0, DistributionPointName),
  issuer: explicit(1, GeneralNames),
});

/** CRLStatus, RFC 9810 section 5.3.19.17: a CRL that is asked for, and the one that is held already. */
export interface CRLStatus {
  readonly source: CRLSource;
  /** Of the CRL that is held; RFC 9483 section 4.3.4 demands it when there is one. */
  readonly thisUpdate?: Time;
}

// oxfmt-ignore
export const CRLStatus: TaggedCodec<CRLStatus> = sequence<CRLStatus>('CRLStatus', {
  source:     CRLSource,
  thisUpdate: optional(Time),
});
