import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import type { ViciFault } from '../harness/fake-vici.ts';
import { established, makeTrialSite, undisturbed } from './ipsec-trials.ts';
import { coded, named } from './site.ts';

const gw1 = named('gw1');
const renewal = { current: gw1, waitSeconds: 60 };

// The time limit of an answer passes when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Longer than any answer of charon is waited for. */
const FOREVER_MS = 3_600_000;

/** What happens at a command. */
interface Fault {
  /** Charon does it, though we are not told. */
  readonly isDone?: boolean;
  readonly answer: ViciFault;
  /** Charon is there again with nothing in its memory. */
  readonly isAnew?: boolean;
}

const faults: Readonly<Record<string, Fault>> = {
  'charon refuses': { answer: { errmsg: 'no, for a reason of its own' } },
  'charon closes the connection once that is done': { isDone: true, answer: 'die' },
  'charon ends': { answer: 'die', isAnew: true },
  'charon is silent, having done it': { isDone: true, answer: 'silence' },
};

describe('a renewal of a certificate with two peers', () => {
  it.each(Object.keys(faults))(
    'leaves what works, says why, and comes to the same in the end, where at any command %s',
    async (what) => {
      const made = await makeTrialSite();
      const { charon, context, prepare, deployment, current } = made;
      const { commands, after } = await undisturbed(made);
      const { isDone = false, answer, isAnew = false } = faults[what] ?? { answer: 'die' };
      for (const [at, command] of commands.entries()) {
        const where = `${command}, command ${at + 1}`;
        prepare();
        const standing = established(charon);
        charon.failNth(at + 1, (serve) => {
          if (isDone) serve();
          if (answer === 'silence') setImmediate(() => void vi.advanceTimersByTime(FOREVER_MS));
          return answer;
        });
        await expect(update(context, renewal), where).rejects.toMatchObject(
          coded('DELIVERY_FAILED'),
        );
        if (isAnew) await charon.startAnew();
        expect(await made.complaints(isAnew ? [] : standing), where).toStrictEqual([]);
        const { id, deliveryError } = await current();
        const { status } = await deployment();
        expect(status, where).toMatchObject({ certificateId: id, error: expect.any(String) });
        expect(status?.state, where).not.toBe('deployed');
        expect(deliveryError, where).toContain(status?.error);
        await poll(context, { name: gw1, waitSeconds: 0 });
        // Who was called comes back by itself; who calls, when he likes.
        if (!established(charon).includes('branch')) charon.establish('branch');
        expect((await deployment()).status, where).toMatchObject({ state: 'deployed' });
        expect(await made.picture(), where).toStrictEqual(after);
      }
    },
    60_000,
  );
});
