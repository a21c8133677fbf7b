import { parentPort, workerData } from 'node:worker_threads';
import { simulate, type Site, type SimulateOptions } from './simulate.ts';
import type { WorldReport } from './world.ts';

/** What a thread is told once: how to simulate whatever it is given. */
export type WorkerData = Omit<SimulateOptions, 'sites' | 'signal' | 'onWorld' | 'onEvent'>;

function tell(message: 'ready' | WorldReport): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(message);
}

// A thread asks for a world, lives through it, reports it, and asks for the next one.
const options: WorkerData = workerData;
parentPort?.on('message', (site: Site) => {
  void simulate({
    ...options,
    sites: [site],
    onWorld: (report) => tell(report),
  });
});
tell('ready');
