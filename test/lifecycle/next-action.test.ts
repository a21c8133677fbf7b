import { describe, expect, it } from 'vitest';
import {
  nextAction,
  type ActionFacts,
  type NextAction,
  type RenewalFacts,
} from '../../src/lifecycle/next-action.ts';

const now = new Date('2026-12-01T00:00:00Z');
const ours: RenewalFacts = {
  status: 'current',
  source: 'cmp',
  delivery: 'done',
  notBefore: new Date('2026-11-01T00:00:00Z'),
  notAfter: new Date('2027-01-30T00:00:00Z'),
  name: 'gw1',
  version: 1,
  hasCa: true,
  hasKey: true,
};

function next(certificate: Partial<RenewalFacts>, facts: Partial<ActionFacts> = {}): NextAction {
  return nextAction(
    { hasKeyRequest: false, ...facts, certificate: { ...ours, ...certificate } },
    now,
  );
}

const day = 86_400_000;

describe('nextAction()', () => {
  it('is the renewal of what can be renewed here, at its moment', () => {
    expect(next({})).toEqual({
      type: 'renew',
      // The jitter: 0.1858 (2f90321f of 2^32) of a twentieth of the window.
      at: new Date('2026-12-30T17:18:41.097Z'),
      window: { ms: 30 * day, from: 'lifetime' },
    });
    expect(next({}, { renewDays: 10 })).toMatchObject({
      at: new Date('2027-01-19T21:46:13.699Z'),
    });
  });

  it('is to fetch what another node renews, unless it is renewed here, too', () => {
    const at = new Date('2027-01-09T19:32:27.398Z');
    const window = { ms: 20 * day, from: 'days' };
    expect(next({}, { fetchDays: 20 })).toEqual({ type: 'fetch', at, window });
    expect(next({ hasCa: false }, { fetchDays: 20 })).toMatchObject({ type: 'fetch' });
    expect(next({}, { fetchDays: 20, renewDays: 10 })).toMatchObject({ type: 'renew' });
    expect(next({ hasCa: false }, { fetchDays: 20, renewDays: 10 })).toMatchObject({
      type: 'fetch',
    });
  });

  it('is still the renewal when its moment has passed', () => {
    const notAfter = new Date('2026-12-02T00:00:00Z');
    expect(next({ notAfter })).toMatchObject({ type: 'renew' });
  });

  it.each<Partial<RenewalFacts>>([
    { source: 'track' },
    { source: 'import', hasCa: false },
    { hasKey: false },
  ])('is to watch what nobody renews here: %j', (certificate) => {
    const at = new Date('2027-01-23T00:00:00Z');
    expect(next(certificate)).toEqual({ type: 'watch', at });
    expect(next(certificate, { warnHours: 24 })).toEqual({
      type: 'watch',
      at: new Date('2027-01-29T00:00:00Z'),
    });
  });

  it('is to ask the CA again for what is outstanding, when it said', () => {
    const nextAt = new Date('2026-12-01T00:05:00Z');
    const outstanding = { operation: 'kur', phase: 'waiting', nextAt } as const;
    expect(next({}, { outstanding })).toEqual({ type: 'poll', at: nextAt });
    expect(nextAction({ hasKeyRequest: false, outstanding }, now)).toEqual({
      type: 'poll',
      at: nextAt,
    });
    expect(next({}, { outstanding: { operation: 'rr', phase: 'requested' } })).toEqual({
      type: 'poll',
    });
    expect(next({ notAfter: now }, { outstanding })).toEqual({ type: 'poll', at: nextAt });
  });

  it('is to ask the CA now for what a clock that was ahead has put off', () => {
    const [waitingSince, nextAt] = [
      new Date('2027-01-10T00:00:00Z'),
      new Date('2027-01-10T01:00:00Z'),
    ];
    const outstanding = { operation: 'kur', phase: 'waiting', nextAt, waitingSince } as const;
    expect(next({}, { outstanding })).toEqual({ type: 'poll', at: now });
    const adjusted = { ...outstanding, waitingSince: new Date(now.getTime() + 30_000) };
    expect(next({}, { outstanding: adjusted })).toEqual({ type: 'poll', at: nextAt });
  });

  it('is to ask the CA as the transaction ends, however long it wants to be left alone [L2][L4]', () => {
    const [deadline, nextAt] = [new Date('2026-12-02T00:00:00Z'), new Date('2027-01-10T00:00:00Z')];
    const outstanding = { operation: 'kur', phase: 'waiting', nextAt, deadline } as const;
    // Past it by the least there is: at the deadline itself the transaction goes on.
    const at = new Date('2026-12-02T00:00:00.001Z');
    expect(next({}, { outstanding })).toEqual({ type: 'poll', at });
    const soon = { ...outstanding, nextAt: new Date('2026-12-01T01:00:00Z') };
    expect(next({}, { outstanding: soon })).toEqual({ type: 'poll', at: soon.nextAt });
  });

  it('is to deliver what is in force and not in its places', () => {
    expect(next({ delivery: 'pending' })).toEqual({ type: 'deploy' });
    expect(next({ delivery: 'not in use' })).toEqual({ type: 'deploy' });
  });

  it('is for a person once it is over: no kur is tried after the end', () => {
    expect(next({ notAfter: now })).toEqual({ type: 'replace', isRequestable: true });
    expect(next({ notAfter: now, hasCa: false })).toEqual({
      type: 'replace',
      isRequestable: false,
    });
    expect(next({ status: 'revoked' })).toEqual({ type: 'replace', isRequestable: true });
  });

  it('is to import the answer to a key request, and nothing for a name that is nothing', () => {
    expect(nextAction({ hasKeyRequest: true }, now)).toEqual({ type: 'import' });
    expect(nextAction({ hasKeyRequest: false }, now)).toEqual({ type: 'none' });
    expect(next({ status: 'superseded' })).toEqual({ type: 'none' });
  });
});
