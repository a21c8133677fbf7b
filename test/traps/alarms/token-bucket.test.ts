import { describe, expect, it } from 'vitest';
import {
  fullBucket,
  refilled,
  tokenAt,
  usualRate,
} from '../../../src/traps/alarms/token-bucket.ts';

const start = new Date('2027-02-25T00:00:00Z');
const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);

describe('a token bucket', () => {
  it('fills up to its burst, and not beyond', () => {
    const empty = { ...fullBucket(usualRate, start), tokens: 0 };
    expect(refilled(empty, usualRate, after(4)).tokens).toBe(4);
    expect(refilled(empty, usualRate, after(4000)).tokens).toBe(usualRate.burst);
  });

  it('says when there is a token', () => {
    const limits = { burst: 3, perMinute: 6 };
    expect(tokenAt({ tokens: 0.5, at: start }, limits)).toEqual(after(5));
    expect(tokenAt({ tokens: 1, at: start }, limits)).toEqual(start);
  });

  it('takes nothing away, and goes on, when the clock is set back', () => {
    const bucket = refilled({ tokens: 2, at: after(9000) }, usualRate, start);
    expect(bucket).toEqual({ tokens: 2, at: start });
  });
});
