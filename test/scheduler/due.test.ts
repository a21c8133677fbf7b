import { describe, expect, it } from 'vitest';

import { parseLabel } from '../../src/base/label.ts';
import { due, type ScheduleFacts, type Surroundings } from '../../src/scheduler/due.ts';
import type { Failing } from '../../src/scheduler/retry.ts';

const dayMs = 86_400_000;
const now = new Date('2026-11-21T12:00:00Z');
const ca = parseLabel('lab', 'ca-root');
const nowhere: Surroundings = { windows: [], downUntil: new Map() };

/** When the first version of gw1 is renewed that has so many days left; its jitter is 2f90321f of 2^32. */
function renewedAt(daysLeft: number, days = 30): Date {
  const jitterDays = (days / 20) * (0x2f90321f / 2 ** 32);
  return new Date(Math.floor(inDays(daysLeft - days - jitterDays).getTime()));
}

function inDays(days: number): Date {
  return new Date(now.getTime() + days * dayMs);
}

/** A certificate of 90 days that has as many left as the test says, renewed 30 days before its end. */
function facts(daysLeft: number, changes: Partial<ScheduleFacts> = {}): ScheduleFacts {
  return {
    name: parseLabel('gw1', 'cert-name'),
    ca,
    certificate: {
      notBefore: inDays(daysLeft - 90),
      notAfter: inDays(daysLeft),
      status: 'current',
      source: 'cmp',
      delivery: 'done',
      name: 'gw1',
      version: 1,
      hasCa: true,
      hasKey: true,
    },
    hasKeyRequest: false,
    isAutoUpdated: true,
    failing: {},
    issuedAt: [],
    ...changes,
  };
}

function failing(changes: Partial<Failing> = {}): Failing {
  return { count: 3, lastAt: now, kind: 'failing', ...changes };
}

function withCertificate(
  daysLeft: number,
  changes: Partial<NonNullable<ScheduleFacts['certificate']>>,
): ScheduleFacts {
  const base = facts(daysLeft);
  return { ...base, ...(base.certificate && { certificate: { ...base.certificate, ...changes } }) };
}

describe('due()', () => {
  it('renews at the window before the end', () => {
    expect(due(facts(60), nowhere, now)).toStrictEqual([
      { kind: 'update', name: 'gw1', ca: 'lab', at: renewedAt(60) },
    ]);
  });

  it('renews what is past that moment, as after a week without power', () => {
    expect(due(facts(10), nowhere, now)).toMatchObject([{ kind: 'update', at: renewedAt(10) }]);
  });

  it.each([
    ['a first request', 'ir', 'requested', undefined, 'enrol'],
    ['a first request in place of a revoked certificate', 'cr', 'requested', 'revoked', 'enrol'],
    ['a renewal', 'kur', 'requested', 'current', 'poll'],
    ['a renewal by another CA', 'ir', 'requested', 'current', 'poll'],
    ['a revocation', 'rr', 'requested', 'revoked', 'poll'],
    ['what the CA lets wait', 'ir', 'waiting', undefined, 'poll'],
  ] as const)('goes on with %s (%s, %s)', (_, operation, phase, status, kind) => {
    const { certificate, ...rest } = status ? withCertificate(60, { status }) : facts(60);
    const outstanding = { operation, phase };
    const there = { ...rest, ...(status && certificate && { certificate }), outstanding };
    expect(due(there, nowhere, now)).toMatchObject([{ kind, at: now }]);
    const later = { ...there, failing: { [kind]: failing({ count: 1 }) } };
    expect(due(later, nowhere, now)).toMatchObject([{ kind, postponed: 'retry' }]);
    const downUntil = new Map([['lab', inDays(0.1)]]);
    expect(due(there, { windows: [], downUntil }, now)).toMatchObject([
      { kind, at: inDays(0.1), postponed: 'CA is down' },
    ]);
  });

  it('renews only what was told to be', () => {
    expect(due(facts(10, { isAutoUpdated: false }), nowhere, now)).toStrictEqual([]);
  });

  it.each([
    ['has expired', { notAfter: now }],
    ['is revoked', { status: 'revoked' }],
    ['is only watched', { source: 'track' }],
    ['has no key here', { hasKey: false }],
    ['has no CA profile', { hasCa: false }],
  ] as const)('does not renew what %s', (_, changes) => {
    expect(due(withCertificate(10, changes), nowhere, now)).toStrictEqual([]);
  });

  it('polls instead of renewing while a request is outstanding', () => {
    const outstanding = { operation: 'kur', phase: 'waiting', nextAt: inDays(1) } as const;
    expect(due(facts(10, { outstanding }), nowhere, now)).toMatchObject([
      { kind: 'poll', at: inDays(1) },
    ]);
  });

  it('goes on at once with what a killed process left', () => {
    const outstanding = { operation: 'kur', phase: 'requested' } as const;
    expect(due(facts(10, { outstanding }), nowhere, now)).toMatchObject([
      { kind: 'poll', at: now },
    ]);
  });

  it('polls for a name without a certificate, and though nobody asked for auto-update', () => {
    const { certificate: _, ...none } = facts(10, {
      isAutoUpdated: false,
      outstanding: { operation: 'ir', phase: 'waiting', nextAt: inDays(2) },
    });
    expect(due(none, nowhere, now)).toMatchObject([{ kind: 'poll', at: inDays(2) }]);
  });

  it('deploys what is not everywhere, and renews it all the same', () => {
    const pending = withCertificate(10, { delivery: 'pending' });
    expect(due(pending, nowhere, now)).toMatchObject([
      { kind: 'deploy', at: now },
      { kind: 'update', at: renewedAt(10) },
    ]);
  });

  it('tries again what failed, later each time', () => {
    const [first] = due(facts(10, { failing: { update: failing({ count: 1 }) } }), nowhere, now);
    const [tenth] = due(facts(10, { failing: { update: failing({ count: 10 }) } }), nowhere, now);
    expect(first).toMatchObject({ kind: 'update', postponed: 'retry' });
    expect(first?.at.getTime()).toBeLessThan(now.getTime() + 80_000);
    expect(tenth?.at.getTime()).toBeGreaterThan(now.getTime() + 4 * 3_600_000);
  });

  it('tries once a day what is blocked', () => {
    const blocked = failing({ kind: 'blocked', count: 1 });
    const [job] = due(facts(10, { failing: { update: blocked } }), nowhere, now);
    expect(job).toMatchObject({ kind: 'update', postponed: 'blocked' });
    expect(job?.at.getTime()).toBeGreaterThan(inDays(0.7).getTime());
  });

  it('does not ask anew at once for what a poll has found refused', () => {
    const refused = { poll: failing({ kind: 'blocked', count: 1 }) };
    const [job] = due(facts(10, { failing: refused }), nowhere, now);
    expect(job).toMatchObject({ kind: 'update', postponed: 'blocked' });
    expect(job?.at.getTime()).toBeGreaterThan(inDays(0.7).getTime());
  });

  it('does not let a failed delivery put off a renewal, nor the other way round', () => {
    const base = withCertificate(10, { delivery: 'pending' });
    const jobs = due({ ...base, failing: { deploy: failing({ count: 9 }) } }, nowhere, now);
    expect(jobs.find(({ kind }) => kind === 'update')).toMatchObject({ at: renewedAt(10) });
    expect(jobs.find(({ kind }) => kind === 'deploy')).toMatchObject({ postponed: 'retry' });
  });

  it('asks a CA that is down for nothing until its time', () => {
    const around = { ...nowhere, downUntil: new Map([['lab', inDays(0.1)]]) };
    expect(due(facts(10), around, now)).toMatchObject([
      { kind: 'update', at: inDays(0.1), postponed: 'CA is down' },
    ]);
    const other = { ...nowhere, downUntil: new Map([['other', inDays(0.1)]]) };
    expect(due(facts(10), other, now)).toMatchObject([{ at: renewedAt(10) }]);
  });

  it('stops issuing at as many a day as are allowed', () => {
    const issuedAt = [1, 2, 3, 4, 5].map((hours) => new Date(now.getTime() - hours * 3_600_000));
    expect(due(facts(10, { issuedAt }), nowhere, now)).toMatchObject([
      {
        kind: 'update',
        at: new Date(now.getTime() + 19 * 3_600_000),
        postponed: 'issued too often',
      },
    ]);
  });

  it('waits for a maintenance window, unless that would be too late', () => {
    const sundays = { cron: '0 3 * * 0', timezone: 'UTC', durationSeconds: 3600 };
    const around = { ...nowhere, windows: [sundays] };
    expect(due(facts(10), around, now)).toMatchObject([
      { kind: 'update', at: new Date('2026-11-22T03:00:00Z'), postponed: 'maintenance window' },
    ]);
    const yearly = { cron: '0 3 1 1 *', timezone: 'UTC', durationSeconds: 3600 };
    expect(due(facts(30), { ...nowhere, windows: [yearly] }, now)).toMatchObject([
      { kind: 'update', at: renewedAt(30) },
    ]);
  });

  it('fetches in the window before the end, and goes on after the end', () => {
    const autoFetch = { days: 20 };
    expect(due(facts(60, { isAutoUpdated: false, autoFetch }), nowhere, now)).toMatchObject([
      { kind: 'fetch', at: renewedAt(60, 20) },
    ]);
    expect(due(facts(-3, { isAutoUpdated: false, autoFetch }), nowhere, now)).toMatchObject([
      { kind: 'fetch', at: renewedAt(-3, 20) },
    ]);
  });

  it('looks at alarms when they may change', () => {
    expect(due(facts(60, { alarmsAt: inDays(3) }), nowhere, now)).toMatchObject([
      { kind: 'update' },
      { kind: 'notify', at: inDays(3) },
    ]);
  });
});
