import { describe, expect, it } from 'vitest';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { putIpsecPeer, removeIpsecPeer } from '../../src/lifecycle/ipsec-peers.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import type { Store } from '../../src/store/store.ts';
import { established, makeTrialSite, type TrialSite } from './ipsec-trials.ts';
import { named } from './site.ts';

const gw1 = named('gw1');

/** Whatever of the store changes it. */
const writing =
  /^(?:acquire|add|advance|begin|close|complete|delivery|insert|mark|open|put|record|release|remove|replace|report|restart|set|stage|write)/;

/** A store of a process that comes to nothing more once it has been told to write `count` times. */
function killedAfter(store: Store, count: number): { store: Store; killed: Promise<void> } {
  const { promise: killed, resolve } = Promise.withResolvers<void>();
  let writes = 0;
  const watched = (area: object): object =>
    new Proxy(area, {
      get(target, key) {
        const method: unknown = Reflect.get(target, key);
        if (typeof method !== 'function' || !writing.test(String(key))) return method;
        return async (...given: readonly unknown[]): Promise<unknown> => {
          const result: unknown = await Reflect.apply(method, target, given);
          writes++;
          if (writes < count) return result;
          resolve();
          return new Promise(() => {});
        };
      },
    });
  const proxy = new Proxy(store, {
    get(target, key) {
      const area: unknown = Reflect.get(target, key);
      return typeof area === 'object' && area !== null ? watched(area) : area;
    },
  });
  return { store: proxy, killed };
}

/** Do something until it is killed after a number of writes. @returns whether it came to its end before */
async function isDoneBefore(
  made: TrialSite,
  count: number,
  work: (context: LifecycleContext) => Promise<unknown>,
): Promise<boolean> {
  const context = await made.another();
  const { store, killed } = killedAfter(context.store, count);
  return Promise.race([killed.then(() => false), work({ ...context, store }).then(() => true)]);
}

async function hqOf({ site }: TrialSite): Promise<IpsecPeer> {
  const found = await site.store.ipsecPeers.get('hq');
  if (found === undefined) throw new Error('There is no such peer');
  return found;
}

type Act = (context: LifecycleContext, hq: IpsecPeer) => Promise<unknown>;

const acts: Readonly<Record<string, Act>> = {
  'a renewal': (context) => update(context, { current: gw1, waitSeconds: 60 }),
  'a changed peer': (context, hq) => putIpsecPeer(context, { ...hq, remoteId: 'CN=other' }, false),
  'a peer that is removed': (context) => removeIpsecPeer(context, 'hq'),
};

describe('whoever is killed after any write to the store', () => {
  it.each(Object.entries(acts))(
    'leaves %s to the next process',
    async (_, act) => {
      const made = await makeTrialSite();
      const { context, charon, deployment } = made;
      await deployAgain(context, gw1);
      const hq = await hqOf(made);
      let isDone = false;
      for (let count = 1; !isDone; count++) {
        const where = `after ${count} writes`;
        await putIpsecPeer(context, hq, false);
        made.prepare();
        const before = await pictureAfter(made, () => deployAgain(context, gw1));
        isDone = await isDoneBefore(made, count, (killed) => act(killed, hq));
        expect(await made.complaints(['branch']), where).toStrictEqual([]);
        for (let n = 0; n < 2; n++) await poll(context, { name: gw1, waitSeconds: 0 });
        expect((await deployment()).status, where).toMatchObject({ state: 'deployed' });
        expect(established(charon), where).toContain('branch');
        const left = await made.picture();
        const after = await pictureAfter(made, () => act(context, hq));
        expect([before, after], where).toContainEqual(left);
      }
    },
    60_000,
  );
});

/** Do something to the end. @returns what charon has then */
async function pictureAfter(made: TrialSite, work: () => Promise<unknown>): Promise<unknown> {
  await work();
  return made.picture();
}
