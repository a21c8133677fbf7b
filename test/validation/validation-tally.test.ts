import { describe, expect, it } from 'vitest';
import type { PeerReason, PeerVerdict, ValidationEvent } from '../../src/validation/contract.ts';
import { validationTally } from '../../src/validation/validation-tally.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { entry, hours } from '../revocation/crl-made.ts';
import { crl, down, good, judge, object, revoked, type Judged } from './judged.ts';

const accepted: PeerVerdict = {
  verdict: 'accept',
  reasons: [],
  warnings: [],
  path: [],
  revocation: [],
};

function tallied(...events: readonly ValidationEvent[]): Readonly<Record<string, number>> {
  const tally = validationTally();
  for (const event of events) tally.count(event);
  return Object.fromEntries(tally.take());
}

async function judgedTally(judged: Judged): Promise<Readonly<Record<string, number>>> {
  return tallied(...(await judge(judged)).events);
}

function query(outcome: string, ms: number): ValidationEvent {
  return { type: 'ocsp-query', url: 'http://r.example/', outcome, ms };
}

function warned(code: string): PeerReason {
  return { code, detail: '', depth: 0 };
}

async function clockEvents(judged: Judged): Promise<readonly ValidationEvent[]> {
  return (await judge(judged)).events.filter(({ type }) => type === 'clock-suspect');
}

describe('validationTally()', () => {
  it('counts queries by what came of them and by how long they took', () => {
    const counted = tallied(
      query('good', 5),
      query('good', 6),
      query('unknown', 0),
      query('responder-error(tryLater)', 5001),
      query('timeout', -3),
    );
    expect(counted).toStrictEqual({
      'ocsp.queries': 5,
      'ocsp.good': 2,
      'ocsp.unknown': 1,
      'ocsp.unavailable.responder-error(tryLater)': 1,
      'ocsp.unavailable.timeout': 1,
      'ocsp.latency-ms.5': 3,
      'ocsp.latency-ms.10': 1,
      'ocsp.latency-ms.more': 1,
      'ocsp.latency-ms.sum': 5012,
    });
  });

  it('counts what was at hand', () => {
    const hit = { type: 'ocsp-cache', hit: 'result' } as const;
    expect(tallied(hit, hit, { ...hit, hit: 'error' }, { type: 'crl-hit' })).toStrictEqual({
      'ocsp.cache-hits': 2,
      'ocsp.error-cache-hits': 1,
      'crl.hits': 1,
    });
  });

  it('counts fetches by scheme and result, with octets, entries and the time for reading', () => {
    const fetch = { type: 'crl-fetch', octets: 70, ms: 9, parseMs: 2, entries: 3 } as const;
    const counted = tallied(
      { ...fetch, url: 'ldap://a/', outcome: 'fetched' },
      { ...fetch, url: '/etc/a.crl', outcome: 'fetched' },
      { ...fetch, url: 'nonsense', outcome: 'http-status', octets: 0, entries: 0, parseMs: 0 },
    );
    expect(counted).toStrictEqual({
      'crl.fetches.ldap.fetched': 1,
      'crl.fetches.file.fetched': 1,
      'crl.fetches.other.http-status': 1,
      'crl.bytes': 140,
      'crl.entries': 6,
      'crl.parse-ms': 4,
    });
  });

  it('counts an acceptance once, and each of its warnings once, however many certificates it is of', () => {
    const verdict = {
      ...accepted,
      warnings: [
        warned('accepted-without-revocation'),
        warned('accepted-without-revocation'),
        warned('rfc6960-nonconforming'),
        warned('content-type'),
      ],
    };
    expect(tallied({ type: 'judged', policy: 'P', verdict })).toStrictEqual({
      'path.accepted': 1,
      'accepted-without-revocation': 1,
      'ocsp.rfc6960-nonconforming': 1,
    });
  });

  it('gives what was counted once, and takes back what could not be stored', () => {
    const tally = validationTally();
    tally.count({ type: 'crl-hit' });
    const taken = tally.take();
    expect(tally.take()).toStrictEqual(new Map());
    tally.count({ type: 'crl-hit' });
    tally.giveBack(taken);
    expect(tally.take()).toStrictEqual(new Map([['crl.hits', 2]]));
  });
});

describe('a peer that is judged', () => {
  const both = [crl(root), crl(sub)];

  it('is counted by the first reason it is refused for, and as revoked', async () => {
    expect(await judgedTally({ chain: [leaf] })).toStrictEqual({ 'path.rejected.untrusted': 1 });
    const crls = [crl(root), crl(sub, { entries: [entry(leaf)] })];
    expect(await judgedTally({ crls })).toStrictEqual({
      'path.rejected.revoked': 1,
      'event.peer-revoked': 1,
    });
  });

  it('is counted where CRLs have the word that OCSP was asked for, for each certificate', async () => {
    const counted = await judgedTally({ policy: { ocsp: object }, ocsp: () => down, crls: both });
    expect(counted).toStrictEqual({ 'ocsp.fallback-to-crl': 2, 'path.accepted': 1 });
    for (const word of [good, revoked]) {
      const decided = await judgedTally({ policy: { ocsp: object }, ocsp: () => word });
      expect(decided).not.toHaveProperty(['ocsp.fallback-to-crl']);
    }
  });

  it('is told of when it is accepted though its CRL says what cannot be believed', async () => {
    const stranger = crl(leaf, { issuer: sub.subject });
    const relaxed = await judge({ policy: { revocation: 'relaxed' }, crls: [crl(root), stranger] });
    expect(relaxed.verdict.verdict).toBe('accept');
    expect(relaxed.events).toContainEqual(
      expect.objectContaining({ type: 'crl-suspect', code: 'bad-signature' }),
    );
    const strict = await judge({ crls: [crl(root), stranger] });
    expect(strict.events.map(({ type }) => type)).not.toContain('crl-suspect');
  });

  it('tells of a clock that is behind a CRL of its CA by more than a day, and of no other CRL', async () => {
    const ahead = { thisUpdate: hours(25), nextUpdate: hours(90) };
    const suspect = { type: 'clock-suspect', policy: 'P', thisUpdate: hours(25) };
    expect(await clockEvents({ crls: [crl(root, ahead), crl(sub)] })).toStrictEqual([suspect]);
    const near = { thisUpdate: hours(24), nextUpdate: hours(90) };
    expect(await clockEvents({ crls: [crl(root, near)] })).toStrictEqual([]);
    const stranger = crl(leaf, { ...ahead, issuer: sub.subject });
    expect(await clockEvents({ crls: [stranger] })).toStrictEqual([]);
    const relaxed = { revocation: 'relaxed' } as const;
    expect(await clockEvents({ crls: [crl(root, ahead)], policy: relaxed })).toStrictEqual([]);
  });
});
