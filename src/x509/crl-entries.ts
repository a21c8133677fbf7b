import { CertError } from '../base/errors.ts';

/** What one entry of a CRL has, as offsets into the octets that were walked over. */
export interface EntryVisitor {
  /**
   * Called for each entry in turn; the walk ends when it gives true.
   *
   * @param start of the entry
   * @param serial start of the content of userCertificate
   * @param serialEnd its end
   * @param marks what the extensions tell: `HAS_CERTIFICATE_ISSUER`, `IS_UNPROCESSED`
   */
  (start: number, serial: number, serialEnd: number, marks: number): boolean;
}

/** The entry has the extension certificateIssuer, RFC 5280 section 5.3.3. */
export const HAS_CERTIFICATE_ISSUER = 1;

/** The entry has a critical extension other than reasonCode, invalidityDate and certificateIssuer. */
export const IS_UNPROCESSED = 2;

/** Octets of the shortest entry there can be: a serial number of one octet and a UTCTime. */
export const MIN_ENTRY_OCTETS = 20;

/** As long as the serial number of a certificate may be, and no longer. */
const MAX_SERIAL_OCTETS = 64;

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BOOLEAN = 0x01;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/**
 * Walk over revokedCertificates of a CRL, checking the form of each entry, without making anything of it: a CRL may
 * list a million certificates, of which one matters. What stands inside the values of extensions is not looked at.
 *
 * @param octets the whole element revokedCertificates
 * @throws {CertError} DER_MALFORMED for the first entry that is none, once the walk comes to it
 */
export function walkEntries(octets: Uint8Array, visit: EntryVisitor): void {
  const walk: Walk = { octets, at: 0 };
  const end = enter(walk, SEQUENCE, octets.length, 'revokedCertificates');
  if (end !== octets.length) fail(walk, 'octets follow the entries');
  while (walk.at < end) {
    const start = walk.at;
    const entryEnd = enter(walk, SEQUENCE, end, 'an entry');
    const serialEnd = enter(walk, INTEGER, entryEnd, 'userCertificate');
    const serial = walk.at;
    checkSerial(walk, serialEnd);
    walk.at = serialEnd;
    walkTime(walk, entryEnd);
    const marks = walk.at < entryEnd ? walkExtensions(walk, entryEnd) : 0;
    if (visit(start, serial, serialEnd, marks)) return;
  }
}

interface Walk {
  readonly octets: Uint8Array;
  at: number;
}

/** Read tag and length, strictly DER; leaves the position at the content and gives its end. */
function enter(walk: Walk, tag: number, end: number, what: string): number {
  const { octets } = walk;
  let { at } = walk;
  if (at + 2 > end || octets[at] !== tag) fail(walk, `${what} is missing`);
  let length = octets[at + 1] ?? 0;
  at += 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || at + count > end) fail(walk, `${what} has a bad length`);
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (octets[at++] ?? 0);
    if (length < 0x80 || length < 256 ** (count - 1)) fail(walk, `${what} has a bad length`);
  }
  if (at + length > end) fail(walk, `${what} reaches past the end`);
  walk.at = at;
  return at + length;
}

function checkSerial(walk: Walk, end: number): void {
  const { octets, at } = walk;
  const length = end - at;
  if (length === 0) fail(walk, 'userCertificate is empty');
  if (length > MAX_SERIAL_OCTETS)
    fail(walk, `userCertificate has over ${MAX_SERIAL_OCTETS} octets`);
  const first = octets[at] ?? 0;
  if (length === 1 || (first !== 0 && first !== 0xff)) return;
  if (first >> 7 === (octets[at + 1] ?? 0) >> 7) fail(walk, 'userCertificate is not minimal');
}

/** `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`, and a time there is. */
function walkTime(walk: Walk, end: number): void {
  const { octets, at } = walk;
  const yearDigits = octets[at] === UTC_TIME ? 2 : 4;
  const length = yearDigits + 11;
  const tag = yearDigits === 2 ? UTC_TIME : GENERALIZED_TIME;
  if (octets[at] !== tag || octets[at + 1] !== length || at + 2 + length > end) {
    fail(walk, 'revocationDate is not in the form of RFC 5280');
  }
  let rest = at + 2;
  let year = 0;
  for (let i = 0; i < yearDigits; i += 2) year = year * 100 + pair(walk, rest + i);
  rest += yearDigits;
  const month = pair(walk, rest);
  const day = pair(walk, rest + 2);
  const isTime =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= 28 || day <= daysIn(year, month)) &&
    pair(walk, rest + 4) <= 23 &&
    pair(walk, rest + 6) <= 59 &&
    pair(walk, rest + 8) <= 59 &&
    octets[rest + 10] === 0x5a;
  if (!isTime) fail(walk, 'revocationDate does not exist');
  walk.at = at + 2 + length;
}

function pair(walk: Walk, at: number): number {
  const tens = (walk.octets[at] ?? 0) - 0x30;
  const ones = (walk.octets[at + 1] ?? 0) - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) fail(walk, 'revocationDate has no digits');
  return tens * 10 + ones;
}

/** Of a year of two digits leap years can be told as well: 2000 was one. */
function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  const isLeap = year % 4 === 0 && (year < 100 || year % 100 !== 0 || year % 400 === 0);
  return isLeap ? 29 : 28;
}

function walkExtensions(walk: Walk, entryEnd: number): number {
  const { octets } = walk;
  const end = enter(walk, SEQUENCE, entryEnd, 'crlEntryExtensions');
  if (end !== entryEnd) fail(walk, 'octets follow crlEntryExtensions');
  if (walk.at === end) fail(walk, 'crlEntryExtensions is empty');
  let marks = 0;
  let seen = 0;
  while (walk.at < end) {
    const extensionEnd = enter(walk, SEQUENCE, end, 'an extension');
    const oidEnd = enter(walk, OBJECT_IDENTIFIER, extensionEnd, 'extnID');
    const known = knownExtension(octets, walk.at, oidEnd);
    if (walk.at === oidEnd || (octets[oidEnd - 1] ?? 0) >= 0x80) fail(walk, 'extnID is cut off');
    walk.at = oidEnd;
    let isCritical = false;
    if (octets[walk.at] === BOOLEAN) {
      const at = walk.at + 2;
      const flag = octets[at];
      if (octets[at - 1] !== 1 || at >= extensionEnd || (flag !== 0 && flag !== 0xff)) {
        fail(walk, 'critical is neither 00 nor FF');
      }
      isCritical = flag === 0xff;
      walk.at = at + 1;
    }
    walk.at = enter(walk, OCTET_STRING, extensionEnd, 'extnValue');
    if (walk.at !== extensionEnd) fail(walk, 'octets follow an extension');
    if (known === 0) {
      if (isCritical) marks |= IS_UNPROCESSED;
      continue;
    }
    // RFC 5280 section 4.2, which section 5.3 goes by: not twice.
    if ((seen & known) !== 0) fail(walk, 'an extension is there twice');
    seen |= known;
    if (known === CERTIFICATE_ISSUER) marks |= HAS_CERTIFICATE_ISSUER;
  }
  return marks;
}

const CERTIFICATE_ISSUER = 4;

/** A bit for each extension of entries in RFC 5280 section 5.3, all of the form id-ce n; 0 for others. */
function knownExtension(octets: Uint8Array, at: number, end: number): number {
  if (end - at !== 3 || octets[at] !== 0x55 || octets[at + 1] !== 0x1d) return 0;
  const arc = octets[at + 2];
  return arc === 21 ? 1 : arc === 24 ? 2 : arc === 29 ? CERTIFICATE_ISSUER : 0;
}

function fail({ at }: Walk, why: string): never {
  throw new CertError('DER_MALFORMED', `Cannot decode revokedCertificates: ${why} (octet ${at})`);
}
