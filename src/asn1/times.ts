import { CertError } from '../base/errors.ts';
import type { TaggedCodec } from './codec.ts';
import type { DerReader } from './der-reader.ts';
import type { DerWriter } from './der-writer.ts';
import { inPlace } from './primitives.ts';

/** GeneralizedTime as RFC 5280 section 4.1.2.5.2 and RFC 9483 section 3.1 want it: UTC, seconds, no fraction. */
export const generalizedTime: TaggedCodec<Date> = inPlace('GeneralizedTime', 0x18, {
  decode: (reader, start) =>
    parse(reader, start, 4, (bytes) => twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2)),
  encode(writer, value) {
    // Written `!(a && b)` so that an invalid date, whose year is NaN, is refused as well.
    const year = value.getUTCFullYear();
    if (!(year >= 0 && year <= 9999)) {
      throw new CertError(
        'INTERNAL',
        `Cannot encode ${String(value)} as a time: no four-digit year`,
      );
    }
    writeFromMonth(writer, value);
    writeTwoDigits(writer, year % 100);
    writeTwoDigits(writer, Math.floor(year / 100));
  },
});

/** UTCTime with seconds; two-digit years from 50 on are 19xx (RFC 5280 section 4.1.2.5.1). */
export const utcTime: TaggedCodec<Date> = inPlace('UTCTime', 0x17, {
  decode: (reader, start) =>
    parse(reader, start, 2, (bytes) => {
      const year = twoDigits(bytes, start);
      return year < 50 ? 2000 + year : 1900 + year;
    }),
  encode(writer, value) {
    const year = value.getUTCFullYear();
    if (!(year >= 1950 && year <= 2049)) {
      throw new CertError('INTERNAL', `Cannot encode the year ${year} as UTCTime`);
    }
    writeFromMonth(writer, value);
    writeTwoDigits(writer, year % 100);
  },
});

/** `month day hour minute second Z`; written last to first, as all DER is. */
function writeFromMonth(writer: DerWriter, time: Date): void {
  // H5: UTC, and no fraction before it.
  writer.octet(LETTER_Z);
  writeTwoDigits(writer, time.getUTCSeconds());
  writeTwoDigits(writer, time.getUTCMinutes());
  writeTwoDigits(writer, time.getUTCHours());
  writeTwoDigits(writer, time.getUTCDate());
  writeTwoDigits(writer, time.getUTCMonth() + 1);
}

function writeTwoDigits(writer: DerWriter, value: number): void {
  writer.octet(DIGIT_0 + (value % 10));
  writer.octet(DIGIT_0 + Math.floor(value / 10));
}

const DIGIT_0 = 0x30;
const LETTER_Z = 0x5a;

function parse(
  reader: DerReader,
  start: number,
  yearLength: number,
  yearOf: (bytes: Uint8Array) => number,
): Date {
  const { bytes, position: end } = reader;
  const rest = start + yearLength;
  if (end !== rest + 11 || bytes[end - 1] !== LETTER_Z) {
    return reader.fail('time is not in the form of RFC 5280');
  }
  for (let i = start; i < end - 1; i++) {
    const octet = bytes[i] ?? 0;
    if (octet < DIGIT_0 || octet > DIGIT_0 + 9) reader.fail('time is not in the form of RFC 5280');
  }
  const year = yearOf(bytes);
  const month = twoDigits(bytes, rest) - 1;
  const day = twoDigits(bytes, rest + 2);
  const hour = twoDigits(bytes, rest + 4);
  const minute = twoDigits(bytes, rest + 6);
  const second = twoDigits(bytes, rest + 8);
  const time = new Date(Date.UTC(year, month, day, hour, minute, second));
  // Date.UTC takes a year of two digits for one of the 20th century.
  if (year < 100) time.setUTCFullYear(year, month, day);
  // A date that does not exist comes out as another one.
  if (time.getUTCDate() !== day || time.getUTCMonth() !== month || hour > 23 || minute > 59) {
    return reader.fail('time does not exist');
  }
  if (second > 59) return reader.fail('time does not exist');
  return time;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) - DIGIT_0) * 10 + (bytes[at + 1] ?? 0) - DIGIT_0;
}
