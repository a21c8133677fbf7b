import { fromHex, utf8 } from '../base/bytes.ts';
import { printable } from '../base/printable.ts';
import type { Notification } from './alarms/notification.ts';
import { encodeDateAndTime, noTime } from './date-and-time.ts';
import { operationNumbers, severityNumbers, stateNumbers } from './mib-enumerations.ts';
import type { NotifiedObject } from './mib-objects.ts';

/** A value of the MIB before it has its OID; texts can still be shortened. */
export type MessageValue =
  | { readonly type: 'integer' | 'unsigned'; readonly value: number }
  | { readonly type: 'octets'; readonly value: Uint8Array }
  | { readonly type: 'text'; readonly value: string };

/** SnmpAdminString (SIZE (0..255)), as all texts of the MIB but the names, which are shorter by themselves. */
export const maxTextOctets = 255;

/** ClmOctets (SIZE (0..64)). */
const maxOctets = 64;

const maxInteger = 2 ** 31 - 1;
const minInteger = -(2 ** 31);

/** Say what an object of the MIB is in a notification. What does not apply is empty, zero or -1, as the MIB says. */
export function messageValue(
  object: NotifiedObject,
  { certificate, details, severity, sequence, at, text, suppressed }: Notification,
): MessageValue {
  switch (object) {
    case 'clmCertName':
      return textual(certificate?.name);
    case 'clmCertSubject':
      return textual(certificate?.subject);
    case 'clmCertIssuer':
      return textual(certificate?.issuer);
    case 'clmCertSerialNumber':
      return hexadecimal(certificate?.serialNumber);
    case 'clmCertFingerprint':
      return hexadecimal(certificate?.fingerprint);
    case 'clmCertNotBefore':
      return moment(certificate?.notBefore, new Uint8Array());
    case 'clmCertNotAfter':
      return moment(certificate?.notAfter, new Uint8Array());
    case 'clmCertTimeLeft':
      return { type: 'integer', value: secondsLeft(at, certificate?.notAfter) };
    case 'clmCertState':
      return { type: 'integer', value: stateNumbers[certificate?.state ?? 'unknown'] };
    case 'clmCertProfile':
      return textual(certificate?.profile);
    case 'clmEventSequence':
      return { type: 'unsigned', value: sequence };
    case 'clmEventTime':
      return moment(at, noTime);
    case 'clmEventSeverity':
      return { type: 'integer', value: severityNumbers[severity] };
    case 'clmEventText':
      return textual(text);
    case 'clmEventOperation':
      return { type: 'integer', value: operationNumbers[details.operation ?? 'none'] };
    case 'clmEventTransactionId':
      return hexadecimal(details.transactionID);
    case 'clmEventPkiStatus':
      return { type: 'integer', value: details.pkiStatus ?? -1 };
    case 'clmEventReason':
      return textual(details.reason);
    case 'clmEventAttempts':
      return { type: 'unsigned', value: details.attempts ?? 0 };
    case 'clmEventNextAttempt':
      return moment(details.nextAttempt, noTime);
    case 'clmEventSuppressed':
      return { type: 'unsigned', value: suppressed };
    case 'clmEventEndpoint':
      return textual(details.endpoint);
    case 'clmEventOldSerialNumber':
      return hexadecimal(details.oldSerialNumber);
    case 'clmEventDeadline':
      return moment(details.deadline, noTime);
  }
}

/** Of a certificate that is not there yet it is 0. */
function secondsLeft(at: Date, notAfter: Date | undefined): number {
  if (notAfter === undefined) return 0;
  const seconds = Math.floor((notAfter.getTime() - at.getTime()) / 1000);
  return Math.min(maxInteger, Math.max(minInteger, seconds));
}

function textual(text: string = ''): MessageValue {
  return { type: 'text', value: printable(text) };
}

function hexadecimal(hex: string = ''): MessageValue {
  return { type: 'octets', value: fromHex(hex).slice(0, maxOctets) };
}

function moment(time: Date | undefined, none: Uint8Array): MessageValue {
  return { type: 'octets', value: time === undefined ? none : encodeDateAndTime(time) };
}

/** Encode a text as UTF-8, cut between two characters. */
export function cutUtf8(text: string, octets: number): Uint8Array {
  const whole = utf8(text);
  if (whole.length <= octets) return whole;
  let end = octets;
  // Octets that continue a character begin with the bits 10.
  while (end > 0 && ((whole[end] ?? 0) & 0xc0) === 0x80) end--;
  return whole.slice(0, end);
}
