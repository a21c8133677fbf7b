import {
  mapped,
  optional,
  sequence,
  sequenceOf,
  type Codec,
  type TaggedCodec,
} from '../../asn1/codec.ts';
import { integer, openNamedBits, type UnnamedBit } from '../../asn1/primitives.ts';
import { utf8String } from '../../asn1/strings.ts';

const statuses = [
  'accepted',
  'grantedWithMods',
  'rejection',
  'waiting',
  'revocationWarning',
  'revocationNotification',
  'keyUpdateWarning',
] as const;

/** PKIStatus, RFC 9810 section 5.2.3. */
export type PKIStatus = (typeof statuses)[number];

export const PKIStatus: Codec<PKIStatus> = mapped(integer, {
  name: 'PKIStatus',
  decode: (number, reader) => statuses[number] ?? reader.fail(`PKIStatus ${number} is not defined`),
  encode: (status) => statuses.indexOf(status),
});

const failures = [
  'badAlg',
  'badMessageCheck',
  'badRequest',
  'badTime',
  'badCertId',
  'badDataFormat',
  'wrongAuthority',
  'incorrectData',
  'missingTimeStamp',
  'badPOP',
  'certRevoked',
  'certConfirmed',
  'wrongIntegrity',
  'badRecipientNonce',
  'timeNotAvailable',
  'unacceptedPolicy',
  'unacceptedExtension',
  'addInfoNotAvailable',
  'badSenderNonce',
  'badCertTemplate',
  'signerNotTrusted',
  'transactionIdInUse',
  'unsupportedVersion',
  'notAuthorized',
  'systemUnavail',
  'systemFailure',
  'duplicateCertReq',
] as const;

/**
 * One bit of PKIFailureInfo, RFC 9810 section 5.2.3; bit 0 is the most significant of the first octet. One
 * the RFC does not name goes by its number: a rejection says what it says, whichever bits come with it.
 */
export type PKIFailureBit = (typeof failures)[number] | UnnamedBit;

/** The bits that are set. */
export const PKIFailureInfo: TaggedCodec<readonly PKIFailureBit[]> = openNamedBits(
  'PKIFailureInfo',
  failures,
);

/** PKIFreeText: human-readable texts, UTF-8. */
export type PKIFreeText = readonly string[];
export const PKIFreeText: TaggedCodec<PKIFreeText> = sequenceOf(utf8String, { min: 1, max: 100 });

/** PKIStatusInfo, RFC 9810 section 5.2.3. */
export interface PKIStatusInfo {
  readonly status: PKIStatus;
  readonly statusString?: PKIFreeText;
  readonly failInfo?: readonly PKIFailureBit[];
}

// oxfmt-ignore
export const PKIStatusInfo: TaggedCodec<PKIStatusInfo> = sequence<PKIStatusInfo>('PKIStatusInfo', {
  status:       PKIStatus,
  statusString: optional(PKIFreeText),
  failInfo:     optional(PKIFailureInfo),
});
