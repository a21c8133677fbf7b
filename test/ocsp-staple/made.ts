import { utf8 } from '../../src/base/bytes.ts';
import type { HeldStaple } from '../../src/store/staples-contract.ts';

/** A moment: so many hours after one. */
export function hour(hours: number): Date {
  return new Date(Date.UTC(2027, 0, 1) + hours * 3_600_000);
}

/** A response of hour 0 to hour 100, shown until hour 90, changed as a test needs. */
export function held(changes: Partial<HeldStaple> = {}): HeldStaple {
  return {
    der: utf8('response'),
    thisUpdate: hour(0),
    nextUpdate: hour(100),
    producedAt: hour(0),
    until: hour(90),
    fetchedAt: hour(0),
    url: 'http://o/',
    ...changes,
  };
}
