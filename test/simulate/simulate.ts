import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { chance } from './chance.ts';
import type { Plant } from './plants.ts';
import { addWorld, emptySummary, type Summary } from './summary.ts';
import { simulateWorld, type WorldOptions, type WorldReport } from './world.ts';

/** A world to be: its number, and how many certificates its agent looks after. */
export interface Site {
  readonly site: number;
  readonly gateways: number;
}

/** Share gateways out among agents: most look after one, some after many. */
export function sitesOf(seed: number, gateways: number): readonly Site[] {
  const draw = chance(seed, 'sites');
  const sites: Site[] = [];
  for (let left = gateways; left > 0;) {
    const many = Math.min(left, draw.pick([1, 1, 1, 2, 3, 5, 8, 20]));
    sites.push({ site: sites.length + 1, gateways: many });
    left -= many;
  }
  return sites;
}

/** What is simulated. */
export interface SimulateOptions {
  readonly seed: number;
  readonly years: number;
  readonly sites: readonly Site[];
  /** Where databases can be put. */
  readonly directory: string;
  readonly plant?: Plant;
  readonly kinds?: NonNullable<WorldOptions['kinds']>;
  readonly cas?: NonNullable<WorldOptions['cas']>;
  readonly windows?: NonNullable<WorldOptions['windows']>;
  /** Aborted: the world under way is the last one. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (line: string) => void;
  readonly onWorld?: (report: WorldReport, soFar: Summary) => void;
}

/** Live through one world after the other. */
export async function simulate(options: SimulateOptions): Promise<Summary> {
  const { sites, directory, onWorld, signal, ...same } = options;
  let summary = emptySummary;
  for (const site of sites) {
    if (signal?.aborted === true) break;
    const own = mkdtempSync(join(directory, 'world-'));
    const report = await simulateWorld({ ...same, ...site, directory: own });
    summary = addWorld(summary, report);
    onWorld?.(report, summary);
  }
  return summary;
}

/** The same by several threads at a time: each world is one thread's alone, and comes out as it does without them. */
export async function simulateBy(threads: number, options: SimulateOptions): Promise<Summary> {
  const { sites, onWorld, signal, onEvent: _, ...data } = options;
  const left = [...sites];
  let summary = emptySummary;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: data });
    const end = Promise.withResolvers<void>();
    worker.on('error', end.reject);
    worker.on('message', (message: 'ready' | WorldReport) => {
      if (message !== 'ready') {
        summary = addWorld(summary, message);
        onWorld?.(message, summary);
      }
      const site = signal?.aborted === true ? undefined : left.shift();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      if (site) worker.postMessage(site);
      else end.resolve();
    });
    await end.promise.finally(() => worker.terminate());
  };
  await Promise.all(Array.from({ length: threads }, work));
  return summary;
}
