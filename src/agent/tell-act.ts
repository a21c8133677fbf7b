import type { ErrorCode } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { noteFailure } from '../scheduler/act-by-hand.ts';
import { readName } from '../scheduler/read-name.ts';
import { doubtClock, watchAuthorities, watchName } from '../scheduler/watch.ts';
import { agentOf } from './agent-lease.ts';
import { createNotifier } from './notifier.ts';

/** Something that a command did. */
export interface DoneAct {
  /** What it was about, each with the code of what it failed with. */
  readonly names: ReadonlyMap<Label, ErrorCode | undefined>;
  /** Whether CA certificates or the roots of CA profiles may have changed. */
  readonly areAuthorities: boolean;
  readonly begunAt: Date;
}

type Needed = Pick<
  LifecycleContext,
  'store' | 'clock' | 'random' | 'log' | 'holder' | 'livenessOf'
>;

/** What a command waits for receivers at its end; what is not taken by then stays for the next one, or the agent. */
const patienceMs = 5000;

/**
 * Look at the alarms of what a command did something about, and have told what came of it: by the agent, where one
 * runs, else by this process. Nothing of it fails the command.
 *
 * @param nudge has a running agent send now
 */
export async function tellAct(
  services: Needed,
  { names, areAuthorities, begunAt }: DoneAct,
  nudge: () => Promise<unknown>,
): Promise<void> {
  const { store, clock, log } = services;
  try {
    if (names.size === 0 && !areAuthorities) return;
    let isFailing = false;
    for (const [name, code] of names) {
      const isNoted = await noteFailure(store, name, { begunAt, ...(code && { code }) });
      isFailing ||= isNoted;
    }
    // What failed stands among the alarms, and counts when it is tried next, whether or not somebody is told.
    if (!isFailing && !(await store.alarms.isWanted())) return;
    const starting = { store, clock, isStarting: false };
    const isClockSuspect = await doubtClock(starting);
    for (const name of names.keys()) {
      const reading = await readName(store, name, clock.now());
      await watchName({ ...starting, isClockSuspect }, name, reading);
    }
    if (areAuthorities) await watchAuthorities({ ...starting, isClockSuspect });
    if ((await store.outbox.sizes()).size === 0) return;
    if ((await agentOf(services)) === undefined) await sendOnce(services);
    else await nudge();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn(`what was done could not be told: ${why}`);
  }
}

async function sendOnce(services: Needed): Promise<void> {
  const ending = new AbortController();
  const notifier = createNotifier({
    ...services,
    monotonicMs: () => performance.now(),
    signal: ending.signal,
  });
  const late = setTimeout(() => ending.abort(), patienceMs);
  try {
    await notifier.send();
  } finally {
    clearTimeout(late);
    await notifier.close();
  }
}
