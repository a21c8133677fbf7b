import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  begun,
  dispatch,
  enqueue,
  usualOutboxLimits,
  type OutboxEntry,
} from '../../../src/traps/alarms/outbox.ts';
import type { Notification } from '../../../src/traps/alarms/notification.ts';
import { fullBucket, usualRate } from '../../../src/traps/alarms/token-bucket.ts';
import { sample } from '../samples.ts';

const start = new Date('2027-02-25T00:00:00Z');
const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);

/** The queue of one destination, as a store keeps it. */
function queueOf(): {
  put(notification: Notification, at?: Date, maxEntries?: number): ReturnType<typeof enqueue>;
  entries: OutboxEntry[];
} {
  let lastId = 0;
  const queue = {
    entries: [] as OutboxEntry[],
    put(notification: Notification, at: Date = start, maxEntries = 1000) {
      const limits = { ...usualOutboxLimits, maxEntries };
      const result = enqueue(queue.entries, notification, 'noc', at, limits);
      queue.entries = queue.entries.filter(({ id }) => !result.remove.includes(id));
      const { add, place = ++lastId } = result;
      if (add !== undefined) queue.entries.push({ ...add, id: place });
      return result;
    },
  };
  return queue;
}

const raise = sample('clmCertAboutToExpire', { suppressed: 0 });
const worse = sample('clmCertExpired', { severity: 'critical', isFirst: false, suppressed: 0 });
const clear = sample('clmCertExpiryCleared', {
  severity: 'cleared',
  isFirst: false,
  ends: ['expiry certificate 7'],
  suppressed: 0,
});

/** About the certificate of that index. */
const of = (index: number, more: Partial<Notification> = {}): Notification => {
  const { certificate, ...rest } = sample('clmCertAboutToExpire', more);
  return {
    ...rest,
    alarm: `expiry certificate ${index}`,
    ...(certificate !== undefined && { certificate: { ...certificate, index } }),
  };
};

describe('enqueue()', () => {
  it('keeps one entry of an alarm, and counts what it replaces', () => {
    const queue = queueOf();
    queue.put(raise);
    queue.put({ ...worse, suppressed: 3 });
    expect(queue.entries).toHaveLength(1);
    expect(queue.entries[0]?.notification).toMatchObject({
      name: 'clmCertExpired',
      suppressed: 4,
      isFirst: true,
    });
  });

  it('says nothing of the end of an alarm that the destination was never told of', () => {
    const queue = queueOf();
    queue.put(raise);
    queue.put(worse);
    expect(queue.put(clear)).toEqual({ remove: [1], dropped: 0 });
    expect(queue.entries).toEqual([]);
  });

  it('tells the end where the first word may have arrived, unanswered', () => {
    const queue = queueOf();
    queue.put(raise);
    queue.entries = queue.entries.map((entry) => ({ ...entry, attempts: 1 }));
    queue.put(clear);
    expect(queue.entries.map(({ notification }) => notification.name)).toEqual([
      'clmCertExpiryCleared',
    ]);
  });

  it('tells the end where an earlier word has arrived', () => {
    const queue = queueOf();
    queue.put({ ...raise, isFirst: false });
    queue.put(clear);
    expect(queue.entries).toHaveLength(1);
  });

  it('takes out what a new certificate has ended, and always tells of the certificate', () => {
    const queue = queueOf();
    queue.put(sample('clmCertRenewalFailed', { alarm: 'renewal certificate 7' }));
    const { alarm: _, ...event } = sample('clmCertRenewed', { ends: ['renewal certificate 7'] });
    queue.put(event);
    expect(queue.entries.map(({ notification }) => notification.name)).toEqual(['clmCertRenewed']);
  });

  it('ends also what those would have ended that it replaces, and in their place', () => {
    const failed = sample('clmCertRenewalFailed', {
      alarm: 'renewal certificate 7',
      ends: ['waiting certificate 7'],
    });
    const queue = queueOf();
    queue.put(failed);
    queue.put(sample('clmRequestWaiting', { alarm: 'waiting certificate 7' }));
    queue.put({ ...failed, ends: [], isFirst: false });
    expect(queue.entries.toSorted((a, b) => a.id - b.id)).toMatchObject([
      { notification: { name: 'clmCertRenewalFailed', ends: ['waiting certificate 7'] } },
      { notification: { name: 'clmRequestWaiting' } },
    ]);
    // Its end is told, though it was never told itself: the waiting before it was.
    queue.put({ ...failed, severity: 'cleared', ends: ['renewal certificate 7'], isFirst: false });
    expect(queue.entries.toSorted((a, b) => a.id - b.id)[0]?.notification).toMatchObject({
      severity: 'cleared',
      ends: ['renewal certificate 7', 'waiting certificate 7'],
    });
  });

  it('tells the end of an alarm that came again before its first end was told', () => {
    const queue = queueOf();
    queue.put(clear);
    queue.put(raise);
    queue.put(clear);
    expect(queue.entries.map(({ notification }) => notification.severity)).toEqual(['cleared']);
  });

  it('drops the oldest over the bound, and says how many', () => {
    const queue = queueOf();
    for (let index = 1; index <= 5; index++) {
      const result = queue.put({ ...raise, alarm: `expiry certificate ${index}` }, start, 3);
      expect(result.dropped).toBe(index > 3 ? 1 : 0);
    }
    expect(queue.entries.map(({ id }) => id)).toEqual([3, 4, 5]);
  });

  it('drops what ends an alarm at the last: nobody would say it again', () => {
    const queue = queueOf();
    queue.put(clear, start, 2);
    for (const index of [1, 2, 3])
      queue.put({ ...raise, alarm: `expiry certificate ${index}` }, start, 2);
    expect(queue.entries.map(({ id }) => id)).toEqual([1, 4]);
  });
});

describe('afterFailure()', () => {
  it('waits 1, 2, 5, 15 and 60 minutes, then hours, and gives up after a day', () => {
    const queue = queueOf();
    queue.put(raise);
    let entry = queue.entries[0];
    let now = start;
    const waits: number[] = [];
    while (entry !== undefined) {
      const next = afterFailure(begun(entry), now);
      if (next !== undefined) {
        waits.push((next.nextAttemptAt.getTime() - now.getTime()) / 60_000);
        now = next.nextAttemptAt;
      }
      entry = next;
    }
    expect(waits.slice(0, 7)).toEqual([1, 2, 5, 15, 60, 60, 60]);
    expect(now.getTime() - start.getTime()).toBeGreaterThanOrEqual(86_400_000);
    expect(waits).toHaveLength(28);
  });
});

describe('afterFailure() of what ends an alarm', () => {
  it('gives up after a week', () => {
    const queue = queueOf();
    queue.put(clear);
    const [entry] = queue.entries.map(begun);
    expect(entry && afterFailure(entry, after(6 * 86_400))).toBeDefined();
    expect(entry && afterFailure(entry, after(7 * 86_400))).toBeUndefined();
  });
});

describe('dispatch()', () => {
  it('sends a burst, the worst first, and the rest one a second', () => {
    const queue = queueOf();
    for (let index = 1; index <= 12; index++) queue.put(of(index));
    queue.put(of(99, { severity: 'critical' }));
    let bucket = fullBucket(usualRate, start);
    const first = dispatch(queue.entries, bucket, usualRate, start);
    expect(first.entries.map(({ notification }) => notification.certificate?.index)).toEqual([
      99, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
    expect(first.nextAt).toEqual(after(1));
    bucket = first.bucket;
    const left = queue.entries.filter((entry) => !first.entries.includes(entry));
    expect(dispatch(left, bucket, usualRate, after(0.5)).entries).toEqual([]);
    expect(dispatch(left, bucket, usualRate, after(2)).entries).toHaveLength(2);
  });

  it('never sends something before what was told earlier of the same certificate', () => {
    const queue = queueOf();
    const { alarm: _, ...renewed } = of(7, { severity: 'cleared', name: 'clmCertRenewed' });
    queue.put(renewed);
    queue.put(of(8));
    queue.put({ ...of(7, { severity: 'critical' }), alarm: 'revoked certificate 7' });
    const { entries, bucket, nextAt } = dispatch(
      queue.entries,
      fullBucket(usualRate, start),
      usualRate,
      start,
    );
    // The first of them is what the critical one has to wait for.
    expect(entries.map(({ id }) => id)).toEqual([1, 2]);
    expect(nextAt).toEqual(start);
    const left = queue.entries.filter((entry) => !entries.includes(entry));
    expect(dispatch(left, bucket, usualRate, start).entries.map(({ id }) => id)).toEqual([3]);
  });

  it('lets what follows wait for what is tried again, and says when', () => {
    const queue = queueOf();
    queue.put(of(7));
    queue.put({ ...of(7), alarm: 'revoked certificate 7' });
    queue.entries = queue.entries.map((entry) =>
      entry.id === 1 ? (afterFailure(begun(entry), start) ?? entry) : entry,
    );
    const bucket = fullBucket(usualRate, start);
    const result = dispatch(queue.entries, bucket, usualRate, after(30));
    expect(result.entries).toEqual([]);
    expect(result.nextAt).toEqual(after(60));
    expect(dispatch(queue.entries, bucket, usualRate, after(60)).entries).toHaveLength(1);
  });

  it('does not wait for a future that the clock was set back from', () => {
    const queue = queueOf();
    queue.put(of(7), after(1_000_000));
    const { entries } = dispatch(queue.entries, fullBucket(usualRate, start), usualRate, start);
    expect(entries).toHaveLength(1);
  });
});
