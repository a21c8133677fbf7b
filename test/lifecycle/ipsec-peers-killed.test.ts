import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { deployAgain } from '../../src/lifecycle/deploy-settings.ts';
import { putIpsecPeer, removeIpsecPeer } from '../../src/lifecycle/ipsec-peers.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import type { IpsecPeer } from '../../src/store/ipsec-contract.ts';
import { startFakeCharon, type FakeCharon } from '../harness/fake-charon.ts';
import { peer } from './ipsec-site.ts';
import { established, killAfter, makeTrialSite, type TrialSite } from './ipsec-trials.ts';
import { named } from './site.ts';

const gw1 = named('gw1');

// For whoever is killed, the time limit of an answer never passes.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Traffic that none of the others has. */
function traffic(name: string, net: string): IpsecPeer['children'] {
  const selectors = { localSelectors: ['10.1.0.0/24'], remoteSelectors: [net] };
  return [{ name: named(name), ...selectors, espProposals: [] }];
}

async function of({ site }: TrialSite, name: string): Promise<IpsecPeer> {
  const found = await site.store.ipsecPeers.get(name);
  if (found === undefined) throw new Error(`There is no peer ${name}`);
  return found;
}

/** What somebody does, and undoes. */
interface Act {
  readonly act: (made: TrialSite, context: LifecycleContext, other: FakeCharon) => Promise<unknown>;
  readonly undo: (made: TrialSite) => Promise<unknown>;
  /** Whose tunnel is not to suffer. */
  readonly spares: readonly string[];
}

const removeThird: Act['undo'] = async ({ context }) => removeIpsecPeer(context, 'third');

/** As it was before. */
const restoreHq: Act['undo'] = async (made) => {
  const { context, charon } = made;
  const { name: _, ...usual } = peer(charon.socket);
  const settings = { isInitiator: true, reauthenticates: true, ocspObject: 'status' };
  const children = traffic('net', '10.2.0.0/24');
  await putIpsecPeer(context, { ...usual, name: named('hq'), ...settings, children }, false);
};

const acts: Readonly<Record<string, Act>> = {
  'is added': {
    act: async (made, context) => {
      const added = { ...(await of(made, 'hq')), name: named('third') };
      await putIpsecPeer(context, { ...added, children: traffic('net3', '10.9.0.0/24') }, false);
    },
    undo: removeThird,
    spares: ['hq', 'branch'],
  },
  'gets other traffic': {
    act: async (made, context) => {
      const before = await of(made, 'hq');
      await putIpsecPeer(
        context,
        { ...before, remoteId: 'CN=other', children: traffic('other', '10.8.0.0/24') },
        false,
      );
    },
    undo: restoreHq,
    spares: ['branch'],
  },
  'goes to another charon': {
    act: async (made, context, { socket }) =>
      putIpsecPeer(context, { ...(await of(made, 'hq')), socket }, false),
    undo: restoreHq,
    spares: ['branch'],
  },
  'is removed': {
    act: async (_, context) => removeIpsecPeer(context, 'hq'),
    undo: restoreHq,
    spares: ['branch'],
  },
};

/** What of a connection no charon is to have, as the store says. */
async function leftovers(made: TrialSite, charons: readonly FakeCharon[]): Promise<string[]> {
  const peers = await made.site.store.ipsecPeers.list();
  return charons.flatMap(({ socket, connections, associations, loadedKeys }) => {
    const here = peers.filter((each) => each.socket === socket);
    const has = (name: string): boolean => here.some((each) => each.name === name);
    const stray = [...connections.keys()].filter((name) => !has(name));
    const old = associations.filter(({ connection, children }) => {
      const wanted = here.find(({ name }) => name === connection)?.children ?? [];
      return children.some((name) => wanted.every((child) => child.name !== name));
    });
    return [
      ...stray.map((name) => `connection ${name}`),
      ...old.map(({ connection }) => `IKE_SA of ${connection} by former words`),
      ...(here.length === 0 && loadedKeys.size > 0 ? ['a key'] : []),
    ];
  });
}

describe('whoever is killed while a peer', () => {
  it.each(Object.entries(acts))(
    '%s leaves what the store says or what the next process makes of it',
    async (_, { act, undo, spares }) => {
      const made = await makeTrialSite();
      await restoreHq(made);
      const other = await startFakeCharon();
      const charons = [made.charon, other];
      await deployAgain(made.context, gw1);
      made.charon.establish('branch');
      const pictures = async (): Promise<unknown> =>
        Promise.all(charons.map((each) => made.picture(each)));
      const before = await pictures();
      for (const each of charons) each.commands.splice(0);
      await act(made, made.context, other);
      const counts = charons.map(({ commands }) => commands.length);
      const after = await pictures();
      expect(await leftovers(made, charons)).toStrictEqual([]);
      await undo(made);
      expect(await pictures()).toStrictEqual(before);
      for (const [at, charon] of charons.entries()) {
        for (let nth = 0; nth <= (counts[at] ?? 0); nth++) {
          const where = `charon ${at}, after ${nth} of ${counts[at]} commands`;
          await killAfter({ ...made, charon }, nth, (context) => act(made, context, other));
          expect(await made.complaints(spares), where).toStrictEqual([]);
          await poll(made.context, { name: gw1, waitSeconds: 0 });
          expect(await leftovers(made, charons), where).toStrictEqual([]);
          const now = await pictures();
          expect([before, after], where).toContainEqual(now);
          if (isDeepStrictEqual(now, after)) await undo(made);
          expect(established(made.charon), where).toContain('branch');
        }
      }
    },
    60_000,
  );
});
