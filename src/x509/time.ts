import { choice, type Codec } from '../asn1/codec.ts';
import { generalizedTime, utcTime } from '../asn1/times.ts';

/** Time ::= CHOICE { utcTime, generalTime }; which of the two is kept, so that it can be written as it came. */
export type Time =
  | { readonly type: 'utcTime'; readonly value: Date }
  | { readonly type: 'generalTime'; readonly value: Date };

export const Time: Codec<Time> = choice<Time>('Time', {
  utcTime,
  generalTime: generalizedTime,
});

/** Wrap a date as RFC 5280 section 4.1.2.5 says: UTCTime through 2049, GeneralizedTime after. */
export function timeOf(date: Date): Time {
  const year = date.getUTCFullYear();
  // B6: RFC 5280 section 4.1.2.5.
  return { type: year >= 1950 && year < 2050 ? 'utcTime' : 'generalTime', value: date };
}
