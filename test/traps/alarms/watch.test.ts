import { describe, expect, it } from 'vitest';
import { notifiedState, type LifecycleWord } from '../../../src/traps/alarms/certificate-facts.ts';
import {
  decodeNotification,
  encodeNotification,
} from '../../../src/traps/alarms/notification-json.ts';
import { usualPolicy } from '../../../src/traps/alarms/policy.ts';
import { react } from '../../../src/traps/alarms/react.ts';
import {
  conditionsOf,
  nextChangeAt,
  nextTellingAt,
  warningAt,
} from '../../../src/traps/alarms/watch.ts';
import { facts, failing, hoursLeft, startWatch } from '../samples.ts';

const waiting = {
  since: hoursLeft(500),
  polls: 2,
  operation: 'kur',
  transactionID: '00ff',
} as const;

/** Of the first condition, where the end is not warned of. */
const severityOf = (more: object, now: Date): string | undefined =>
  conditionsOf({ ...facts, ...more }, now, { ...usualPolicy, warningHours: 0 }).conditions[0]
    ?.severity;

describe('warningAt()', () => {
  it('is the hours of the operator before the end, but never before half of the lifetime', () => {
    expect(warningAt(facts, usualPolicy)).toEqual(hoursLeft(168));
    const short = { notBefore: hoursLeft(48), notAfter: hoursLeft(0) };
    expect(warningAt(short, usualPolicy)).toEqual(hoursLeft(24));
    expect(warningAt(facts, { ...usualPolicy, warningHours: 0 })).toBeUndefined();
    expect(warningAt({}, usualPolicy)).toBeUndefined();
  });
});

/** Before the certificate of `facts` begins. */
const before = (minutes: number): Date => hoursLeft(90 * 24 + minutes / 60);

describe('conditionsOf()', () => {
  it.each([
    ['at first', {}, hoursLeft(500), 'warning'],
    ['after 24 hours', {}, hoursLeft(476), 'minor'],
    ['when the next poll is past notAfter', { nextAttempt: hoursLeft(0) }, hoursLeft(500), 'major'],
    ['past notAfter', { notAfter: hoursLeft(490) }, hoursLeft(490), 'major'],
  ])('finds a request that waits %s', (_, more, now, severity) => {
    const { conditions } = conditionsOf({ ...facts, waiting, ...more }, now, {
      ...usualPolicy,
      warningHours: 0,
    });
    expect(conditions.find(({ type }) => type === 'request-waiting')?.severity).toBe(severity);
  });

  it('holds a failure for pressing only when there is a certificate to lose, or a person is needed', () => {
    const { notAfter: _, notBefore: __, ...none } = facts;
    const { conditions } = conditionsOf({ ...none, failing }, hoursLeft(-9), usualPolicy);
    expect(conditions).toMatchObject([{ type: 'renewal-failed', severity: 'minor' }]);
    expect(severityOf({ failing: { ...failing, isBlocked: true } }, hoursLeft(900))).toBe('major');
  });

  it('holds what is revoked for critical, and what is not delivered for major', () => {
    expect(severityOf({ revoked: { reason: 'superseded' } }, hoursLeft(900))).toBe('critical');
    const undelivered = { reason: 'disk-full', attempts: 1 };
    expect(severityOf({ undelivered }, hoursLeft(900))).toBe('major');
  });

  it('finds what is in force before its time, by more than clocks are off', () => {
    const early = { ...facts, state: 'not yet valid' } as const;
    expect(conditionsOf(early, before(6), usualPolicy).conditions).toEqual([
      {
        type: 'renewal-failed',
        severity: 'major',
        text: 'it is valid from 2026-12-01T00:00:00Z',
        details: { reason: 'not-yet-valid' },
      },
    ]);
    expect(nextChangeAt(early, [], usualPolicy, before(6))).toEqual(before(5));
    expect(conditionsOf(early, before(5), usualPolicy).conditions).toEqual([]);
    const doubted = { ...early, isClockSuspect: true };
    expect(conditionsOf(doubted, before(6), usualPolicy).conditions).toEqual([]);
  });

  it('finds one thing where the next renewal of what is in force before its time fails', () => {
    const early = { ...facts, state: 'not yet valid', failing } as const;
    const { conditions } = conditionsOf(early, before(6), usualPolicy);
    expect(conditions).toMatchObject([{ details: { reason: 'not-yet-valid' } }]);
  });

  it('says that what was in force before its time is valid', () => {
    const watch = startWatch();
    const early = { ...facts, state: 'not yet valid' } as const;
    const [raised] = watch.look(early, hoursLeft(91 * 24));
    expect(raised?.text).toBe(
      'Certificate "gw1" is in force before its time; not-yet-valid: it is valid from 2026-12-01T00:00:00Z',
    );
    const [over] = watch.look(facts, hoursLeft(89 * 24));
    expect(over).toMatchObject({ severity: 'cleared', text: 'Certificate "gw1" is valid by now' });
  });

  it('says nothing of the end of what is superseded', () => {
    const superseded = { ...facts, state: 'superseded' } as const;
    expect(conditionsOf(superseded, hoursLeft(-1), usualPolicy).conditions).toEqual([]);
  });

  it('shows an active certificate in its warning time as expiring', () => {
    expect(conditionsOf(facts, hoursLeft(169), usualPolicy).certificate?.state).toBe('active');
    expect(conditionsOf(facts, hoursLeft(168), usualPolicy).certificate?.state).toBe('expiring');
  });
});

describe('notifiedState()', () => {
  it.each<[LifecycleWord, string, string]>([
    ['requested', 'requested', 'renewing'],
    ['received', 'requested', 'renewing'],
    ['deployed', 'requested', 'renewing'],
    ['waiting', 'waiting', 'waiting'],
    ['active', 'active', 'active'],
    ['blocked', 'blocked', 'blocked'],
    ['deploy pending', 'deployPending', 'deployPending'],
    ['failed', 'failed', 'failed'],
    ['none', 'unknown', 'unknown'],
  ])('says of "%s": %s at first, %s later', (state, first, later) => {
    expect(notifiedState({ state })).toBe(first);
    expect(notifiedState({ state, notAfter: hoursLeft(0) })).toBe(later);
  });
});

describe('nextChangeAt()', () => {
  it('is the beginning of the warning, then a repeat or what gets worse, and never past', () => {
    const watch = startWatch();
    let now = hoursLeft(1000);
    const moments: (Date | undefined)[] = [];
    for (let count = 0; count < 6; count++) {
      watch.look(facts, now);
      const next = nextChangeAt(facts, watch.alarms(), usualPolicy, now);
      moments.push(next);
      now = next ?? now;
    }
    // 42: a quarter of the 168 is left, and a day later is 18.
    expect(moments).toEqual([168, 144, 120, 96, 72, 48].map(hoursLeft));
    watch.look(facts, now);
    expect(nextChangeAt(facts, watch.alarms(), usualPolicy, now)).toEqual(hoursLeft(42));
  });

  it('is nothing when nothing can come any more', () => {
    const policy = { ...usualPolicy, repeatHours: 0 };
    const watch = startWatch(policy);
    watch.look(facts, hoursLeft(-1));
    expect(nextChangeAt(facts, watch.alarms(), policy, hoursLeft(-1))).toBeUndefined();
  });

  it('knows the repeats of a source, too', () => {
    const subject = { type: 'source', endpoint: 'http://crl.example/' } as const;
    const details = { endpoint: subject.endpoint, reason: 'crl-expired' };
    const observation = {
      subject,
      conditions: [{ type: 'revocation-source-stale', severity: 'minor', details }],
    } as const;
    const watch = startWatch();
    watch.look(observation, hoursLeft(100));
    expect(nextTellingAt(observation, watch.alarms(), usualPolicy)).toEqual(hoursLeft(76));
  });
});

describe('a start', () => {
  it('says nothing again of what stands, and does not forget its end', () => {
    const watch = startWatch();
    watch.look(facts, hoursLeft(100));
    const stored = watch.alarms().map((alarm) => ({
      ...alarm,
      last: decodeNotification(encodeNotification(alarm.last)),
    }));
    expect(stored).toEqual(watch.alarms());
    const again = (observed: typeof facts): string[] =>
      react({
        alarms: stored,
        observation: conditionsOf(observed, hoursLeft(99), usualPolicy),
        now: hoursLeft(99),
        policy: usualPolicy,
        nextSequence: 2,
      }).notifications.map(({ name }) => name);
    expect(again(facts)).toEqual([]);
    expect(again({ ...facts, serialNumber: '77', notAfter: hoursLeft(-2000) })).toEqual([
      'clmCertExpiryCleared',
    ]);
  });
});
