import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import { established, killAfter, makeTrialSite, undisturbed } from './ipsec-trials.ts';
import { named } from './site.ts';

const gw1 = named('gw1');
const renewal = { current: gw1, waitSeconds: 60 };

// For whoever is killed, the time limit of an answer never passes.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

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
  }, 60_000);
});
