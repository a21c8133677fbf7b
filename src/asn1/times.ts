import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { TaggedCodec } from './codec.ts';
import type { DerReader } from './der-reader.ts';
import { primitive } from './primitives.ts';

/** GeneralizedTime as RFC 5280 section 4.1.2.5.2 and RFC 9483 section 3.1 want it: UTC, seconds, no fraction. */
export const generalizedTime: TaggedCodec<Date> = primitive('GeneralizedTime', 0x18, {
  decode: (content, reader) =>
    parse(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, content, reader, (year) => year),
  encode: (writer, value) => writer.octets(Buffer.from(digits(value), 'latin1')),
});

/** UTCTime with seconds; two-digit years from 50 on are 19xx (RFC 5280 section 4.1.2.5.1). */
export const utcTime: TaggedCodec<Date> = primitive('UTCTime', 0x17, {
  decode: (content, reader) =>
    parse(/^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, content, reader, (year) =>
      year < 50 ? 2000 + year : 1900 + year,
    ),
  encode(writer, value) {
    const year = value.getUTCFullYear();
    if (year < 1950 || year > 2049) {
      throw new CertError('INTERNAL', `Cannot encode the year ${year} as UTCTime`);
    }
    writer.octets(Buffer.from(digits(value).slice(2), 'latin1'));
  },
});

function digits(time: Date): string {
  // Written `!(a && b)` so that an invalid date, whose year is NaN, is refused as well.
  const year = time.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new CertError('INTERNAL', `Cannot encode ${String(time)} as a time: no four-digit year`);
  }
  return `${time.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

function parse(
  form: RegExp,
  content: Uint8Array,
  reader: DerReader,
  fullYear: (year: number) => number,
): Date {
  const match = form.exec(asBuffer(content).toString('latin1'));
  if (!match) return reader.fail('time is not in the form of RFC 5280');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  const time = new Date(0);
  time.setUTCFullYear(fullYear(year), month - 1, day);
  time.setUTCHours(hour, minute, second);
  // A date that does not exist comes out as another one.
  if (time.getUTCDate() !== day || time.getUTCMonth() !== month - 1 || hour > 23 || minute > 59) {
    return reader.fail('time does not exist');
  }
  if (second > 59) return reader.fail('time does not exist');
  return time;
}
