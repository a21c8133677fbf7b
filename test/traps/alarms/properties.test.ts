import { describe, expect, it } from 'vitest';
import { alarmKey, type Alarm } from '../../../src/traps/alarms/alarm.ts';
import type { CertificateFacts } from '../../../src/traps/alarms/certificate-facts.ts';
import type { Notification } from '../../../src/traps/alarms/notification.ts';
import {
  afterFailure,
  begun,
  dispatch,
  enqueue,
  usualOutboxLimits,
  type OutboxEntry,
} from '../../../src/traps/alarms/outbox.ts';
import { fullBucket, usualRate } from '../../../src/traps/alarms/token-bucket.ts';
import { removed } from '../../../src/traps/alarms/observation.ts';
import type { NotificationPolicy } from '../../../src/traps/alarms/policy.ts';
import { react } from '../../../src/traps/alarms/react.ts';
import { compareSeverity } from '../../../src/traps/alarms/severity.ts';
import { conditionsOf, nextChangeAt } from '../../../src/traps/alarms/watch.ts';
import { scaled } from '../../harness/effort.ts';
import { seeded, type Seeded } from '../../harness/seeded.ts';
import { facts, failing, hoursLeft } from '../samples.ts';

const minuteMs = 60_000;
const runs = Array.from({ length: scaled(150) }, (_, seed) => seed + 1);

/** What somebody knows who gets everything and reads nothing but notifications. */
function receiver(): {
  take(notifications: readonly Notification[], now: Date, minGapSeconds: number): void;
  readonly standing: Map<
    string,
    { severity: Notification['severity']; at: Date; sequence: number }
  >;
} {
  const standing = new Map<
    string,
    { severity: Notification['severity']; at: Date; sequence: number }
  >();
  let newest = 0;
  return {
    standing,
    take(notifications, now, minGapSeconds) {
      for (const { alarm, ends, severity, sequence } of notifications) {
        for (const key of ends) expect(standing.delete(key), `${key} ends, and stands`).toBe(true);
        const before = alarm === undefined ? undefined : standing.get(alarm);
        if (sequence <= newest) expect(before?.sequence, 'the number of a repeat').toBe(sequence);
        else expect(sequence, 'the next number').toBe(newest + 1);
        newest = Math.max(newest, sequence);
        if (alarm === undefined || severity === 'cleared') continue;
        if (before !== undefined && compareSeverity(severity, before.severity) <= 0) {
          const gap = now.getTime() - before.at.getTime();
          expect(gap, 'the gap').toBeGreaterThanOrEqual(minGapSeconds * 1000);
        }
        standing.set(alarm, { severity, at: now, sequence });
      }
    },
  };
}

/** One more thing happens to a certificate. */
function changed(before: CertificateFacts, now: Date, random: Seeded): CertificateFacts {
  const { occurrences: _, ...same } = before;
  const attempts = (before.failing?.attempts ?? 0) + 1;
  const nextAttempt = new Date(now.getTime() + random.below(600) * minuteMs);
  switch (random.below(11)) {
    case 0:
      return { ...same, nextAttempt, failing: { ...failing, attempts } };
    case 1: {
      const reason = random.pick(['badTime', 'badPOP', 'ca-unreachable']);
      const isBlocked = random.below(3) === 0;
      return { ...same, nextAttempt, failing: { ...failing, attempts, reason, isBlocked } };
    }
    case 2: {
      const polls = (before.waiting?.polls ?? 0) + 1;
      const since = before.waiting?.since ?? now;
      const { failing: __, ...rest } = same;
      return {
        ...rest,
        nextAttempt,
        waiting: { since, polls, operation: 'kur', transactionID: '' },
      };
    }
    case 3: {
      const { failing: __, waiting: ___, ...rest } = same;
      return rest;
    }
    case 4:
      return {
        ...same,
        undelivered: { reason: random.pick(['hook-failed', 'disk-full']), attempts },
      };
    case 5: {
      const { undelivered: __, stale: ___, revoked: ____, ...rest } = same;
      return rest;
    }
    case 6: {
      const endpoint = random.pick(['a:443', 'b:443']);
      const deadline = new Date(now.getTime() + random.below(900) * minuteMs);
      return { ...same, stale: [{ endpoint, reason: 'ocsp-timeout', attempts, deadline }] };
    }
    case 7:
      return { ...same, revoked: { reason: 'keyCompromise' } };
    case 8: {
      const hours = random.pick([1, 24, 720, 2160]);
      return {
        ...facts,
        serialNumber: `00${(now.getTime() % 2 ** 40).toString(16).padStart(12, '0')}`,
        notBefore: now,
        notAfter: new Date(now.getTime() + hours * 60 * minuteMs),
        renewAt: new Date(now.getTime() + hours * 40 * minuteMs),
        occurrences: [{ type: 'renewed', details: { operation: 'kur' } }],
      };
    }
    case 9: {
      const { successor, ...rest } = same;
      if (successor !== undefined) return rest;
      const notBefore = new Date(now.getTime() + random.below(3000) * minuteMs);
      return { ...rest, successor: { notBefore, notAfter: new Date(now.getTime() + 5e9) } };
    }
    default:
      return { ...same, isUnwatched: random.below(4) === 0 };
  }
}

function policyOf(random: Seeded): NotificationPolicy {
  return {
    warningHours: random.pick([0, 24, 168, 720]),
    repeatHours: random.pick([0, 1, 24, 300]),
    minGapSeconds: random.pick([0, 60, 300, 7200]),
  };
}

describe('alarms', () => {
  it('stand at a receiver exactly as long as they are true, and end with one notification each', () => {
    let ended = 0;
    for (const seed of runs) {
      const random = seeded(seed);
      const policy = policyOf(random);
      const { take, standing } = receiver();
      let alarms: readonly Alarm[] = [];
      let nextSequence = 1;
      let now = hoursLeft(2200);
      let known: CertificateFacts = facts;
      for (let step = 0; step < 60; step++) {
        now = new Date(now.getTime() + random.pick([0, 1, 5, 60, 600, 3000]) * minuteMs);
        if (random.below(3) > 0) known = changed(known, now, random);
        else known = { ...known, occurrences: [] };
        const isLast = step === 59;
        const observation = isLast
          ? removed({ type: 'certificate', index: 7 })
          : conditionsOf(known, now, policy);
        const before = standing.size;
        const reaction = react({ alarms, observation, now, policy, nextSequence });
        ({ alarms, nextSequence } = reaction);
        take(reaction.notifications, now, policy.minGapSeconds);
        ended += Math.max(0, before - standing.size);
        const wanted = observation.conditions.map((each) => alarmKey(each, observation.subject));
        expect([...standing.keys()].toSorted(), `seed ${seed}, step ${step}`).toEqual(
          [...new Set(wanted)].toSorted(),
        );
        expect(alarms.map(({ key }) => key).toSorted()).toEqual([...standing.keys()].toSorted());
      }
    }
    expect(ended).toBeGreaterThan(runs.length);
  });
});

describe('a queue', () => {
  it('leaves a receiver that misses nothing for a day with exactly what stands, in spite of failures', () => {
    let failures = 0;
    let arrived = 0;
    for (const seed of runs) {
      const random = seeded(seed);
      const policy = { ...policyOf(random), repeatHours: 24 };
      const standing = new Set<string>();
      let queue: readonly OutboxEntry[] = [];
      let bucket = fullBucket(usualRate, facts.notBefore ?? new Date(0));
      let lastId = 0;
      let alarms: readonly Alarm[] = [];
      let nextSequence = 1;
      let now = hoursLeft(400);
      let known: CertificateFacts = facts;
      const send = (canFail: boolean): void => {
        const sent = dispatch(queue, bucket, usualRate, now);
        ({ bucket } = sent);
        for (const entry of sent.entries) {
          if (canFail && random.below(3) === 0) {
            failures += 1;
            const later = afterFailure(begun(entry), now, usualOutboxLimits);
            queue = queue.flatMap((each) => (each.id === entry.id ? (later ?? []) : each));
            continue;
          }
          arrived += 1;
          queue = queue.filter(({ id }) => id !== entry.id);
          const { alarm, ends, severity } = entry.notification;
          for (const key of ends) standing.delete(key);
          if (alarm !== undefined && severity !== 'cleared') standing.add(alarm);
        }
      };
      for (let step = 0; step < 40; step++) {
        now = new Date(now.getTime() + random.pick([1, 2, 5, 60]) * minuteMs);
        known = changed(known, now, random);
        const observation = conditionsOf(known, now, policy);
        const reaction = react({ alarms, observation, now, policy, nextSequence });
        ({ alarms, nextSequence } = reaction);
        for (const notification of reaction.notifications) {
          const { add, remove, place = ++lastId } = enqueue(queue, notification, 'noc', now);
          queue = queue.filter(({ id }) => !remove.includes(id));
          if (add !== undefined) queue = [...queue, { ...add, id: place }];
        }
        send(true);
      }
      for (let minutes = 0; queue.length > 0 && minutes < 200; minutes++) {
        now = new Date(now.getTime() + minuteMs);
        send(false);
      }
      expect(queue, `seed ${seed}`).toEqual([]);
      expect([...standing].toSorted(), `seed ${seed}`).toEqual(
        alarms.map(({ key }) => key).toSorted(),
      );
    }
    expect(failures).toBeGreaterThan(runs.length);
    expect(arrived).toBeGreaterThan(failures);
  });
});

describe('nextChangeAt()', () => {
  it('names a moment before which nothing is to be told, and something is then or the conditions differ', () => {
    let moments = 0;
    let told = 0;
    for (const seed of runs) {
      const random = seeded(seed);
      const policy = policyOf(random);
      let alarms: readonly Alarm[] = [];
      let nextSequence = 1;
      let now = hoursLeft(400);
      let known: CertificateFacts = facts;
      const reactAt = (at: Date): readonly Notification[] => {
        const observation = conditionsOf({ ...known, occurrences: [] }, at, policy);
        const reaction = react({ alarms, observation, now: at, policy, nextSequence });
        ({ alarms, nextSequence } = reaction);
        return reaction.notifications;
      };
      for (let step = 0; step < 40; step++) {
        if (random.below(4) === 0) known = changed(known, now, random);
        reactAt(now);
        const next = nextChangeAt(known, alarms, policy, now);
        const until = next ?? new Date(now.getTime() + 400 * 86_400_000);
        const gap = until.getTime() - now.getTime();
        expect(gap).toBeGreaterThan(0);
        const looks = [random.below(1000) / 1000, random.below(1000) / 1000, 1 - 1 / gap]
          .map((part) => Math.floor(part * gap))
          .toSorted((a, b) => a - b);
        for (const ms of looks) {
          const at = new Date(now.getTime() + ms);
          expect(reactAt(at), `seed ${seed}, step ${step}, ${at.toISOString()}`).toEqual([]);
        }
        if (next === undefined) break;
        moments += 1;
        now = next;
        told += reactAt(now).length > 0 ? 1 : 0;
      }
    }
    expect(told).toBeGreaterThan(moments / 4);
  });
});
