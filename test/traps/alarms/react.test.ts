import { describe, expect, it } from 'vitest';
import { clockSuspect } from '../../../src/traps/alarms/condition.ts';
import { removed, type Observation } from '../../../src/traps/alarms/observation.ts';
import { usualPolicy } from '../../../src/traps/alarms/policy.ts';
import { maxSequence, react } from '../../../src/traps/alarms/react.ts';
import { conditionsOf } from '../../../src/traps/alarms/watch.ts';
import { facts, failing, hoursLeft, startWatch, told } from '../samples.ts';

const renewed = {
  ...facts,
  serialNumber: '00d1f39b',
  notAfter: new Date('2027-05-30T00:00:00Z'),
};

describe('an expiry alarm', () => {
  it('is raised when the warning time begins, gets worse with time, and ends with a renewal', () => {
    const watch = startWatch();
    expect(told(watch.look(facts, hoursLeft(169)))).toEqual([]);
    expect(told(watch.look(facts, hoursLeft(168)))).toEqual(['CertAboutToExpire warning 1']);
    expect(told(watch.look(facts, hoursLeft(42)))).toEqual(['CertAboutToExpire major 2']);
    expect(told(watch.look(facts, hoursLeft(0)))).toEqual(['CertExpired critical 3']);
    const end = watch.look(renewed, hoursLeft(-1));
    expect(told(end)).toEqual(['CertExpiryCleared cleared 4']);
    expect(end[0]).toMatchObject({
      details: { reason: 'renewed' },
      ends: ['expiry certificate 7'],
    });
    expect(watch.alarms()).toEqual([]);
  });

  it('is minor at once when the automatic renewal has failed', () => {
    const watch = startWatch();
    watch.look(facts, hoursLeft(160));
    expect(told(watch.look({ ...facts, failing }, hoursLeft(159)))).toEqual([
      'CertAboutToExpire minor 2',
      'CertRenewalFailed minor 3',
    ]);
  });

  it('is told again daily, six-hourly on the last day, and daily after the end', () => {
    const watch = startWatch({ ...usualPolicy, repeatHours: 720, warningHours: 336 });
    const sent: number[] = [];
    for (let hours = 336; hours >= -60; hours--)
      if (watch.look(facts, hoursLeft(hours)).length > 0) sent.push(hours);
    // 84 and 0: it gets worse.
    expect(sent).toEqual([336, 168, 144, 120, 96, 84, 60, 36, 24, 18, 12, 6, 0, -24, -48]);
  });

  it('is not told again when repeating is off, not even on the last day', () => {
    const watch = startWatch({ ...usualPolicy, repeatHours: 0 });
    const sent: string[] = [];
    for (let hours = 170; hours >= -100; hours--)
      sent.push(...told(watch.look(facts, hoursLeft(hours))));
    expect(sent).toEqual([
      'CertAboutToExpire warning 1',
      'CertAboutToExpire major 2',
      'CertExpired critical 3',
    ]);
  });

  it('has the number of its first notification in a repeat, so that a receiver can drop it', () => {
    const watch = startWatch();
    watch.look(facts, hoursLeft(168));
    expect(told(watch.look(facts, hoursLeft(144)))).toEqual(['CertAboutToExpire warning 1']);
    expect(watch.alarms()[0]).toMatchObject({ count: 2, raisedAt: hoursLeft(168) });
  });

  it('ends with a valid successor, and is not raised where there is one', () => {
    const successor = { notBefore: hoursLeft(10), notAfter: hoursLeft(-1000) };
    const watch = startWatch();
    expect(watch.look({ ...facts, successor }, hoursLeft(100))).toEqual([]);
    watch.look(facts, hoursLeft(99));
    const end = watch.look({ ...facts, successor }, hoursLeft(98));
    expect(end[0]?.details).toEqual({ reason: 'renewed' });
  });

  it.each([
    ['starts after a gap', { notBefore: hoursLeft(-1), notAfter: hoursLeft(-1000) }],
    ['ends no later', { notBefore: hoursLeft(1000), notAfter: hoursLeft(0) }],
  ])('is raised in spite of a successor that %s', (_, successor) => {
    expect(startWatch().look({ ...facts, successor }, hoursLeft(50))).toHaveLength(1);
  });

  it.each([
    ['removed', removed({ type: 'certificate', index: 7 })],
    ['disabled', { ...facts, isUnwatched: true }],
  ])('ends as %s', (reason, observed) => {
    const watch = startWatch();
    watch.look(facts, hoursLeft(100));
    const [end, ...more] = watch.look(observed, hoursLeft(99));
    expect(more).toEqual([]);
    expect(end).toMatchObject({ name: 'clmCertExpiryCleared', details: { reason } });
    expect(end?.certificate).toMatchObject({ index: 7, serialNumber: facts.serialNumber });
  });

  it('ends as threshold-changed when the operator sets fewer hours, as disabled with none', () => {
    for (const [warningHours, reason] of [
      [24, 'threshold-changed'],
      [0, 'disabled'],
    ] as const) {
      const watch = startWatch();
      watch.look(facts, hoursLeft(100));
      watch.policy = { ...usualPolicy, warningHours };
      expect(watch.look(facts, hoursLeft(99))[0]?.details).toEqual({ reason });
    }
  });

  it('stays as it is while the clock is suspect, and nothing new is raised', () => {
    const isClockSuspect = true;
    const watch = startWatch();
    watch.look(facts, hoursLeft(100));
    expect(watch.look({ ...facts, isClockSuspect }, new Date(0))).toEqual([]);
    expect(watch.alarms()).toHaveLength(1);
    expect(startWatch().look({ ...facts, isClockSuspect }, hoursLeft(-5))).toEqual([]);
  });

  it('is told again in time after the clock was set back', () => {
    const watch = startWatch();
    watch.look({ ...facts, notAfter: hoursLeft(-2000) }, hoursLeft(-2000));
    const back = hoursLeft(20);
    watch.look({ ...facts, notAfter: back }, back);
    expect(watch.alarms()[0]?.lastSentAt).toEqual(back);
    expect(
      watch.look({ ...facts, notAfter: back }, new Date(back.getTime() + 86_400_000)),
    ).toHaveLength(1);
  });

  it('is another one when the certificate is another one', () => {
    const watch = startWatch();
    watch.look(facts, hoursLeft(-1));
    const now = new Date(renewed.notAfter.getTime() - 3_600_000);
    expect(told(watch.look(renewed, now))).toEqual([
      'CertExpiryCleared cleared 2',
      'CertAboutToExpire major 3',
    ]);
  });
});

describe('a failed renewal', () => {
  it('is told once, then by another reason, a rise, or a repeat; the rest is counted', () => {
    const watch = startWatch();
    const look = (attempts: number, reason: string, minutes: number): string[] =>
      told(
        watch.look(
          { ...facts, failing: { ...failing, attempts, reason } },
          hoursLeft(1000 - minutes / 60),
        ),
      );
    expect(look(1, 'ca-unreachable', 0)).toEqual(['CertRenewalFailed minor 1']);
    expect(look(2, 'ca-unreachable', 1)).toEqual([]);
    expect(look(3, 'badTime', 3)).toEqual([]);
    expect(look(4, 'badTime', 7)).toEqual(['CertRenewalFailed minor 2']);
    expect(watch.alarms()[0]?.last).toMatchObject({ suppressed: 2, details: { attempts: 4 } });
    expect(look(9, 'badTime', 100)).toEqual([]);
    expect(look(10, 'badTime', 7 + 1440)).toEqual(['CertRenewalFailed minor 2']);
    expect(watch.alarms()[0]).toMatchObject({ heldBack: 0, count: 3, last: { suppressed: 5 } });
  });

  it('is major when half of the window is gone, and at once when blocked', () => {
    const renewAt = hoursLeft(720);
    const watch = startWatch({ ...usualPolicy, warningHours: 0 });
    expect(told(watch.look({ ...facts, renewAt, failing }, hoursLeft(361)))).toEqual([
      'CertRenewalFailed minor 1',
    ]);
    expect(told(watch.look({ ...facts, renewAt, failing }, hoursLeft(360)))).toEqual([
      'CertRenewalFailed major 2',
    ]);
    const blocked = { ...facts, failing: { ...failing, isBlocked: true } };
    expect(told(startWatch().look(blocked, hoursLeft(1000)))).toEqual([
      'CertRenewalFailed major 1',
    ]);
  });

  it('ends the waiting before it with the same notification', () => {
    const waiting = {
      since: hoursLeft(900),
      polls: 1,
      operation: 'kur',
      transactionID: '00',
    } as const;
    const watch = startWatch();
    expect(told(watch.look({ ...facts, waiting }, hoursLeft(900)))).toEqual([
      'RequestWaiting warning 1',
    ]);
    const failed = watch.look({ ...facts, failing }, hoursLeft(899));
    expect(told(failed)).toEqual(['CertRenewalFailed minor 2']);
    expect(failed[0]?.ends).toEqual(['waiting certificate 7']);
  });

  it('ends with the renewal that works, and with no other word', () => {
    const watch = startWatch();
    watch.look(
      { ...facts, failing, undelivered: { reason: 'hook-failed', attempts: 1 } },
      hoursLeft(900),
    );
    const occurrences = [{ type: 'renewed', details: { operation: 'kur' } }] as const;
    const end = watch.look({ ...renewed, occurrences }, hoursLeft(899));
    expect(told(end)).toEqual(['CertRenewed cleared 3']);
    expect(end[0]?.ends).toEqual(['renewal certificate 7', 'deploy certificate 7']);
    expect(watch.alarms()).toEqual([]);
  });

  it.each([
    ['clmCertRenewalFailed', { failing }],
    [
      'clmRequestWaiting',
      { waiting: { since: hoursLeft(900), polls: 0, operation: 'ir', transactionID: '' } },
    ],
    ['clmCertRevoked', { revoked: { reason: 'keyCompromise' } }],
    ['clmDeployFailed', { undelivered: { reason: 'hook-failed', attempts: 1 } }],
  ] as const)(
    'as %s ends with the same notification, cleared, when nothing else says so',
    (name, wrong) => {
      const watch = startWatch();
      expect(watch.look({ ...facts, ...wrong }, hoursLeft(900))).toMatchObject([
        { name, isFirst: true },
      ]);
      expect(watch.look(facts, hoursLeft(899))).toMatchObject([{ name, severity: 'cleared' }]);
      expect(watch.alarms()).toEqual([]);
    },
  );
});

describe('a stale staple', () => {
  it('stands for each endpoint, gets worse past its nextUpdate, and ends as recovered', () => {
    const staple = { reason: 'ocsp-timeout', attempts: 1, deadline: hoursLeft(898) };
    const stale = ['a:443', 'b:443'].map((endpoint) => ({ ...staple, endpoint }));
    const watch = startWatch();
    expect(told(watch.look({ ...facts, stale }, hoursLeft(900)))).toEqual([
      'StapleStale minor 1',
      'StapleStale minor 2',
    ]);
    expect(told(watch.look({ ...facts, stale: stale.slice(1) }, hoursLeft(898)))).toEqual([
      'StapleStale major 3',
      'StapleRecovered cleared 4',
    ]);
    expect(watch.alarms()).toHaveLength(1);
  });
});

describe('a source of revocation, and the clock', () => {
  it('is told stale and recovered, without a certificate', () => {
    const subject = { type: 'source', endpoint: 'http://crl.example/a.crl' } as const;
    const stale: Observation = {
      subject,
      conditions: [
        {
          type: 'revocation-source-stale',
          severity: 'minor',
          details: { endpoint: subject.endpoint, reason: 'crl-expired', attempts: 2 },
        },
      ],
    };
    const watch = startWatch();
    expect(told(watch.look(stale, hoursLeft(900)))).toEqual(['RevocationSourceStale minor 1']);
    const freshUntil = hoursLeft(800);
    const end = watch.look({ subject, conditions: [], freshUntil }, hoursLeft(899));
    expect(end).toMatchObject([
      { name: 'clmRevocationSourceRecovered', details: { deadline: freshUntil } },
    ]);
  });

  it('tells of a clock that cannot be right', () => {
    const subject = { type: 'source', endpoint: 'clock' } as const;
    const watch = startWatch();
    const conditions = [clockSuspect('it is before the build of the program')];
    const [first] = watch.look({ subject, conditions }, new Date(0));
    expect(first).toMatchObject({
      name: 'clmRevocationSourceStale',
      details: { reason: 'clock-suspect' },
      text: 'The clock cannot be right: it is before the build of the program',
    });
    expect(watch.look({ subject, conditions: [] }, hoursLeft(1))[0]?.text).toBe(
      'The clock is held for right again',
    );
  });
});

describe('react()', () => {
  it('begins the numbers anew after the last that SNMP can say', () => {
    const reaction = react({
      alarms: [],
      observation: conditionsOf({ ...facts, failing }, hoursLeft(1), usualPolicy),
      now: hoursLeft(1),
      policy: usualPolicy,
      nextSequence: maxSequence,
    });
    expect(reaction.notifications.map(({ sequence }) => sequence)).toEqual([maxSequence, 1]);
    expect(reaction.nextSequence).toBe(2);
  });

  it('raises again what a new certificate was to end, and is still true', () => {
    const watch = startWatch();
    const undelivered = { reason: 'hook-failed', attempts: 1 };
    watch.look({ ...facts, undelivered }, hoursLeft(900));
    const occurrences = [{ type: 'renewed', details: {} }] as const;
    expect(told(watch.look({ ...renewed, undelivered, occurrences }, hoursLeft(899)))).toEqual([
      'CertRenewed cleared 2',
      'DeployFailed major 3',
    ]);
  });

  it('shows what a CA says without obeying it', () => {
    const [first] = startWatch().look(
      { ...facts, failing: { ...failing, text: 'no\u001b[2J\nway' } },
      hoursLeft(900),
    );
    expect(first?.text).toContain('no\\u001b[2J\\u000away');
  });
});
