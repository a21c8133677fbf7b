import { describe, expect, it } from 'vitest';
import {
  failureUsableUntil,
  usableUntil,
  type CacheRules,
} from '../../src/revocation/ocsp-cache.ts';
import type { OcspVerdict } from '../../src/revocation/ocsp-rules.ts';
import { after, ca } from './ocsp-made.ts';

type Verified = Exclude<OcspVerdict, { type: 'unavailable' }>;

const notAfter = after(1_000_000);
const verified = { producedAt: after(0), responder: ca.certificate, notes: [] };
const good: Verified = { type: 'good', thisUpdate: after(0), nextUpdate: after(3600), ...verified };
const { nextUpdate: _, ...endless } = good;
const revoked: Verified = {
  ...good,
  type: 'revoked',
  revocationDate: after(-60),
  reason: 'keyCompromise',
  isNeverIssued: false,
};

const usual: CacheRules = {
  caching: true,
  maxAgeSeconds: -1,
  clockSkewSeconds: 300,
  cachingThisUpdateMaxAgeSeconds: -1,
  cachingNextUpdateAheadSeconds: -1,
  cacheTimeoutSeconds: 'indefinite',
  cacheErrorTimeoutSeconds: 30,
};

/** Seconds after the day of the tests, rounded up to the next whole one. */
function until(verdict: Verified, rules: Partial<CacheRules> = {}, at = 60): number | undefined {
  const end = usableUntil(verdict, { ...usual, ...rules }, after(at), notAfter);
  return end && Math.ceil((end.getTime() - after(0).getTime()) / 1000);
}

function ages(maxAgeSeconds: number, cachingThisUpdateMaxAgeSeconds: number) {
  return until(good, { maxAgeSeconds, cachingThisUpdateMaxAgeSeconds });
}

describe('usableUntil()', () => {
  it('never goes past nextUpdate and the skew, though no bound is set', () => {
    expect(until(good)).toBe(3900);
    expect(until(good, { clockSkewSeconds: 0 })).toBe(3600);
  });

  it('ends the time ahead before nextUpdate, plus its 60 seconds, that moment not included', () => {
    expect(until(good, { cachingNextUpdateAheadSeconds: 600 })).toBe(3060);
    const end = usableUntil(
      good,
      { ...usual, cachingNextUpdateAheadSeconds: 0 },
      after(60),
      notAfter,
    );
    expect(end).toEqual(new Date(after(3660).getTime() - 1));
  });

  it('keeps nothing with the longest time ahead, whose milliseconds need more than 32 bits', () => {
    expect(until(good, { cachingNextUpdateAheadSeconds: 2_147_483_647 })).toBeUndefined();
  });

  it('takes the smaller of the two ages, and either alone', () => {
    expect(ages(1000, 500)).toBe(500);
    expect(ages(500, 1000)).toBe(500);
    expect(ages(-1, 500)).toBe(500);
    expect(ages(500, -1)).toBe(500);
    expect(ages(214_748_364, 2_147_483_647)).toBe(3900);
    expect(ages(30, -1)).toBeUndefined();
  });

  it('counts cache-timeout from when it was verified', () => {
    expect(until(good, { cacheTimeoutSeconds: 120 })).toBe(180);
  });

  it('caps what has no end at an hour, unless an age bounds it', () => {
    expect(until(endless)).toBe(3660);
    expect(until(endless, { maxAgeSeconds: 7200 })).toBe(7200);
  });

  it('keeps a final revocation to the end of the certificate, and no hold', () => {
    expect(until(revoked)).toBe(1_000_000);
    expect(until({ ...revoked, reason: 'certificateHold' })).toBe(3900);
    expect(until(revoked, { cacheTimeoutSeconds: 120 })).toBe(180);
  });

  it('keeps nothing without caching', () => {
    expect(until(good, { caching: false })).toBeUndefined();
  });
});

describe('failureUsableUntil()', () => {
  const at = after(0);

  it('remembers that a responder is down', () => {
    expect(failureUsableUntil('timeout', usual, at)).toEqual(after(30));
  });

  it('forgets tryLater after five seconds, and a wrong nonce at once', () => {
    expect(failureUsableUntil('responder-error(tryLater)', usual, at)).toEqual(after(5));
    expect(failureUsableUntil('nonce-mismatch', usual, at)).toBeUndefined();
    expect(failureUsableUntil('timeout', { ...usual, caching: false }, at)).toBeUndefined();
  });
});
