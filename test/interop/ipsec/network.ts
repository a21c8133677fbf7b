import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { programPath } from '../../../scripts/peer-packages.ts';
import { placeOf, type Place } from './place.ts';

/** Three machines on a segment of their own, which nobody else can reach. */
export interface Network {
  /** Has what both ask: CAs, CRLs, responders. */
  readonly pki: Place;
  readonly alice: Place;
  readonly bob: Place;
  /** Cut a gateway off, or put it back. */
  setLink(place: Place, state: 'up' | 'down'): Promise<void>;
  close(): Promise<void>;
}

const addresses = { pki: '192.168.0.3', alice: '192.168.0.1', bob: '192.168.0.2' } as const;
type Name = keyof typeof addresses;

interface Keeper {
  readonly child: ChildProcess;
  readonly place: Place;
}

/**
 * Make the namespaces. They have no names: each is that of a process, which ends when this one does and takes the
 * namespace along. So nothing is left behind, and many may be there side by side.
 */
export async function openNetwork(): Promise<Network> {
  const keepers: Keeper[] = [];
  const keep = async (name: Name): Promise<Place> => {
    const keeper = await keeperOf(name);
    keepers.push(keeper);
    return keeper.place;
  };
  const close = async (): Promise<void> => {
    for (const { child } of keepers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.stdin?.end();
      await exit;
    }
  };
  try {
    const pki = await keep('pki');
    const alice = await keep('alice');
    const bob = await keep('bob');
    await pki.done('ip', 'link', 'add', 'br0', 'type', 'bridge');
    await pki.done('ip', 'address', 'add', `${pki.address}/24`, 'dev', 'br0');
    await pki.done('ip', 'link', 'set', 'br0', 'up');
    for (const place of [alice, bob]) await plugIn(pki, place);
    return {
      pki,
      alice,
      bob,
      async setLink(place, state) {
        await pki.done('ip', 'link', 'set', `to-${place.name}`, state);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function keeperOf(name: Name): Promise<Keeper> {
  const script = 'ip link set lo up && echo ready && exec cat';
  const child = spawn('unshare', ['-n', '--', 'sh', '-c', script], {
    env: { ...process.env, PATH: programPath },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('unshare was not started');
  const isReady = once(child.stdout, 'data').then(() => true);
  if (!(await Promise.race([isReady, once(child, 'exit').then(() => false)]))) {
    throw new Error(`no network namespace for ${name}`);
  }
  return { child, place: placeOf(name, addresses[name], pid) };
}

async function plugIn(pki: Place, place: Place): Promise<void> {
  const wire = `to-${place.name}`;
  const peer = ['peer', 'name', 'eth0', 'netns', String(place.pid)];
  await pki.done('ip', 'link', 'add', wire, 'type', 'veth', ...peer);
  await pki.done('ip', 'link', 'set', wire, 'master', 'br0', 'up');
  await place.done('ip', 'address', 'add', `${place.address}/24`, 'dev', 'eth0');
  await place.done('ip', 'link', 'set', 'eth0', 'up');
}
