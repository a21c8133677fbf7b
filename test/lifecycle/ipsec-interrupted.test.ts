import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import { established, makeTrialSite, undisturbed, type TrialSite } from './ipsec-trials.ts';
import { named } from './site.ts';

const gw1 = named('gw1');
const renewal = { current: gw1, waitSeconds: 60 };

// For whoever is killed, the time limit of an answer never passes.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Kill a process that does something once charon has done the n-th command; with 0, before the first reaches it. */
async function killAfter(
  { charon, another }: TrialSite,
  nth: number,
  work: (context: LifecycleContext) => Promise<unknown>,
): Promise<void> {
  const context = await another();
  const killed = new Promise<void>((resolve) => {
    charon.failNth(Math.max(nth, 1), (serve) => {
      if (nth > 0) serve();
      resolve();
      return 'silence';
    });
  });
  // It waits for this answer for ever.
  await Promise.race([killed, work(context).catch(() => {})]);
}

describe('a renewal of a certificate with two peers', () => {
  it('is carried on by the next process where this one is killed at any command', async () => {
    const made = await makeTrialSite();
    const { charon, context, prepare, deployment, current } = made;
    const { commands, after } = await undisturbed(made);
    for (let nth = 0; nth <= commands.length; nth++) {
      const where = `${commands[nth - 1] ?? 'nothing'}, command ${nth}`;
      prepare();
      const standing = established(charon);
      await killAfter(made, nth, (killed) => update(killed, renewal));
      expect(await made.complaints(standing), where).toStrictEqual([]);
      const { id } = await current();
      expect((await deployment()).status, where).toMatchObject({
        state: 'pending',
        certificateId: id,
      });
      await poll(context, { name: gw1, waitSeconds: 0 });
      expect((await deployment()).status, where).toMatchObject({ state: 'deployed' });
      expect(await made.picture(), where).toStrictEqual(after);
    }
  });
});
