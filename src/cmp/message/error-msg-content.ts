import { optional, sequence, type TaggedCodec } from '../../asn1/codec.ts';
import { integer } from '../../asn1/primitives.ts';
import { PKIFreeText, PKIStatusInfo } from './pki-status-info.ts';

/** ErrorMsgContent, RFC 9810 section 5.3.21; with status `waiting` it starts polling. */
export interface ErrorMsgContent {
  readonly pKIStatusInfo: PKIStatusInfo;
  readonly errorCode?: number;
  readonly errorDetails?: PKIFreeText;
}

// oxfmt-ignore
export const ErrorMsgContent: TaggedCodec<ErrorMsgContent> = sequence<ErrorMsgContent>('ErrorMsgContent', {
  pKIStatusInfo: PKIStatusInfo,
  errorCode:     optional(integer),
  errorDetails:  optional(PKIFreeText),
});
