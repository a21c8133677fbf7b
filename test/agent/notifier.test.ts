import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeDestination } from '../../src/lifecycle/destination-settings.ts';
import { createNotifier, type Notifier } from '../../src/agent/notifier.ts';
import { silentLog } from '../../src/base/log.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { sample } from '../traps/samples.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { random, temporaryDirectory } from '../store/sample.ts';
import { listen, type Told } from './told.ts';

interface Scene {
  readonly store: Store;
  readonly clock: FakeClock;
  told(): readonly Told[];
  /** What sends, as one process has it. */
  process(pid: number): { readonly notifier: Notifier; end(): void };
  tell(name: string, sequence: number): Promise<void>;
}

async function scene(): Promise<Scene> {
  const directory = temporaryDirectory();
  const store = await openStore({
    directory: join(directory, 'state'),
    clock: { sleep: async () => {} },
    random,
  });
  onTestFinished(() => store.close());
  const clock = fakeClock();
  return {
    store,
    clock,
    told: await listen(store, directory),
    process(pid) {
      const ending = new AbortController();
      const notifier = createNotifier({
        store,
        clock,
        random,
        log: silentLog,
        holder: { pid, startedAt: '', host: 'here', boot: 'b', pidNamespace: 'n' },
        livenessOf: () => 'alive',
        monotonicMs: () => clock.now().getTime(),
        signal: ending.signal,
      });
      return { notifier, end: () => ending.abort() };
    },
    async tell(name, sequence) {
      for (const { name: destination } of await store.destinations.list()) {
        const notification = sample('clmCertRenewed', { sequence, ends: [] });
        const { certificate } = notification;
        const of = certificate && { certificate: { ...certificate, name, index: sequence } };
        await store.outbox.add(destination, { ...notification, ...of }, clock.now());
      }
    },
  };
}

describe('sending', () => {
  it('is done by one process, and by the next when that has ended', async () => {
    const { store, clock, told, process, tell } = await scene();
    const [first, second] = [process(1), process(2)];
    await tell('gw1', 1);
    expect(await first.notifier.send()).toBeUndefined();
    await tell('gw2', 2);
    const later = new Date(clock.now().getTime() + 60_000);
    expect(await second.notifier.send()).toStrictEqual(later);
    expect(told().map(({ sequence }) => sequence)).toStrictEqual([1]);
    await first.notifier.close();
    expect(await second.notifier.send()).toBeUndefined();
    expect(told().map(({ sequence }) => sequence)).toStrictEqual([1, 2]);
    expect(await store.outbox.sizes()).toStrictEqual(new Map());
    await second.notifier.close();
  });

  it('to a destination that fails is tried again later, and holds up no other', async () => {
    const { store, clock, told, process, tell } = await scene();
    const command = ['/bin/false'] as const;
    const settings = { type: 'command', name: 'broken', command, timeoutSeconds: 5 } as const;
    await store.destinations.put('broken', encodeDestination(settings), new Map());
    await tell('gw1', 1);
    const { notifier } = process(1);
    const again = await notifier.send();
    expect(again).toStrictEqual(new Date(clock.now().getTime() + 60_000));
    expect(told()).toHaveLength(1);
    expect(await store.destinations.get('broken')).toMatchObject({
      failure: { text: expect.stringContaining('it ended with exit code 1') },
    });
    const mended = { ...settings, command: ['/bin/true'] as const };
    await store.destinations.put('broken', encodeDestination(mended), new Map());
    expect(await notifier.send()).toStrictEqual(again);
    await clock.advance(60);
    expect(await notifier.send()).toBeUndefined();
    expect(await store.destinations.get('broken')).toMatchObject({ sentAt: clock.now() });
    await notifier.close();
  });

  it('goes no faster than a destination is to be sent: ten at once, then one a second', async () => {
    const { clock, told, process, tell } = await scene();
    for (let i = 1; i <= 14; i++) await tell(`gw${i}`, i);
    const { notifier } = process(1);
    expect(await notifier.send()).toStrictEqual(new Date(clock.now().getTime() + 1000));
    expect(told()).toHaveLength(10);
    await clock.advance(2);
    await notifier.send();
    expect(told()).toHaveLength(12);
    await notifier.close();
  });

  it('that is broken off is done again by the next process', async () => {
    const { store, told, process, tell } = await scene();
    const command = ['/bin/sleep', '60'] as const;
    const slow = { type: 'command', name: 'slow', command, timeoutSeconds: 60 } as const;
    await store.destinations.put('slow', encodeDestination(slow), new Map());
    await tell('gw1', 1);
    const { notifier, end } = process(1);
    const sending = notifier.send();
    // The other one has its own by then, and the program runs.
    await expect.poll(() => told().length).toBe(1);
    end();
    await sending;
    await notifier.close();
    expect(await store.outbox.of('slow')).toHaveLength(1);
    const quick = { ...slow, command: ['/bin/true'] as const };
    await store.destinations.put('slow', encodeDestination(quick), new Map());
    const next = process(2);
    await next.notifier.send();
    expect(await store.outbox.sizes()).toStrictEqual(new Map());
    await next.notifier.close();
  });
});
