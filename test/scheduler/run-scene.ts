import { setImmediate as turn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

import { parseLabel, type Label } from '../../src/base/label.ts';
import { silentLog } from '../../src/base/log.ts';
import type { MaintenanceWindow } from '../../src/lifecycle/stored-windows.ts';
import type { ScheduleFacts } from '../../src/scheduler/due.ts';
import type { Job } from '../../src/scheduler/job.ts';
import type { JobOutcome } from '../../src/scheduler/outcome.ts';
import { runDue, type RunReport } from '../../src/scheduler/runner.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { imported, storeOptions, temporaryDirectory } from '../store/sample.ts';

export const dayMs: number = 86_400_000;
/** When scenes begin. */
export const start: Date = new Date('2026-11-21T12:00:00Z');
/** Asked by all whose names say nothing else. */
export const ca: Label = parseLabel('lab', 'ca-root');
/** Asked by names that begin with it. */
export const slow: Label = parseLabel('slow', 'ca-root');

/** The CA that a name asks: its own for those of two parts, such as `b-gw1`. */
function caOf(name: string): Label {
  const [own, rest] = name.split('-');
  if (rest !== undefined && own !== undefined) return parseLabel(own, 'ca-root');
  return name.startsWith('slow') ? slow : ca;
}

/** A scheduler over a real store, whose jobs are what the test says. */
export interface Scene {
  readonly store: Store;
  now: Date;
  readonly jobs: Job[];
  /** Days each name has left; 10 is past the renewal of its 90. */
  readonly daysLeft: Map<string, number>;
  perform: (job: Job) => Promise<JobOutcome> | JobOutcome;
  run(): Promise<RunReport>;
  /** Called at each look with how many there were. */
  looked: (count: number) => Promise<unknown> | void;
  /** Names that are read again from where they are, now. */
  readonly tracked: Set<string>;
  /** To the store, so far. */
  readonly writes: number;
  /** Called each time before what is due is read. */
  windows: () => Promise<readonly MaintenanceWindow[]>;
  /** Resolved when what is due is to be read while others are worked on. */
  wanted: PromiseWithResolvers<void>;
  readonly ending: AbortController;
}

/** Make a scene with certificates of these names, all due. */
export async function scene(...names: readonly string[]): Promise<Scene> {
  let [looks, writes] = [0, 0];
  const store = await openStore({
    ...storeOptions(temporaryDirectory()),
    onWrite: () => void writes++,
  });
  onTestFinished(() => store.close());
  const made: Scene = {
    store,
    now: start,
    jobs: [],
    daysLeft: new Map(names.map((name) => [name, 10])),
    perform: ({ name }) => {
      made.daysLeft.set(name, 90);
      return { type: 'done' };
    },
    looked: () => {},
    tracked: new Set(),
    get writes() {
      return writes;
    },
    windows: async () => [],
    wanted: Promise.withResolvers(),
    ending: new AbortController(),
    run: () =>
      runDue({
        schedule: store.schedule,
        clock: { now: () => made.now },
        log: silentLog,
        async look(name) {
          await made.looked(++looks);
          return { facts: await read(made, name), watch: async () => undefined };
        },
        async perform(job) {
          made.jobs.push(job);
          return made.perform(job);
        },
        windows: () => made.windows(),
        wanted: () => made.wanted.promise,
        limits: { names: 8, perCa: 4 },
        signal: made.ending.signal,
      }),
  };
  for (const name of names) await imported(store, name);
  return made;
}

async function read(
  { store, daysLeft, tracked, now }: Scene,
  name: Label,
): Promise<ScheduleFacts | undefined> {
  const left = daysLeft.get(name);
  if (left === undefined) return undefined;
  const records = await store.schedule.failing(name);
  return {
    name,
    ca: caOf(name),
    certificate: {
      notBefore: new Date(start.getTime() + (left - 90) * dayMs),
      notAfter: new Date(start.getTime() + left * dayMs),
      status: 'current',
      source: 'cmp',
      delivery: 'done',
      name,
      version: 1,
      hasCa: true,
      hasKey: true,
    },
    hasKeyRequest: false,
    isAutoUpdated: true,
    ...(tracked.has(name) && { tracked: {} }),
    failing: Object.fromEntries(records.map((each) => [each.job, each])),
    issuedAt: await store.schedule.issuedSince(name, now),
  };
}

/** Wait, by turns of the event loop, until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await turn();
}
