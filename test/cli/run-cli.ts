import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import type { ExitCode } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';
import { compose } from '../../src/agent/compose.ts';
import { run } from '../../src/cli/run.ts';
import { parseSecretSource, resolveSecret } from '../../src/cli/secret.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { fakeIo, type FakeIoOptions } from './fake-io.ts';

/** What one command line did. */
export interface Outcome {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** A state directory of its own, and command lines run on it in this process. */
export interface Bench {
  readonly directory: string;
  /** The state directory. */
  readonly state: string;
  /** Do something to the store between two commands. */
  withStore<T>(work: (store: Store) => Promise<T>): Promise<T>;
  run(argv: readonly string[], options?: FakeIoOptions): Promise<Outcome>;
}

/** The day the certificates in `certificates.ts` were made, a little later. */
export const now: Date = new Date('2026-12-01T00:00:00Z');

const random: Random = { bytes: (length) => new Uint8Array(length).fill(7) };

/**
 * Make a state directory that goes when the test ends.
 *
 * @param at what time it is for the commands
 */
export function makeBench(at: Date = now): Bench {
  const clock: Clock = { now: () => at, sleep: async () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const state = join(directory, 'state');
  const open = (): Promise<Store> => openStore({ directory: state, clock, random });
  return {
    directory,
    state,
    async withStore(work) {
      const store = await open();
      try {
        return await work(store);
      } finally {
        await store.close();
      }
    },
    async run(argv, options) {
      const io = fakeIo({ ...options, env: { ...options?.env, CERTKEEPER_STATE: state } });
      const code = await run(argv, io, (_globals, outside, log) =>
        compose({
          stateDirectory: state,
          clock,
          random,
          log,
          pin: (source, what) =>
            resolveSecret(parseSecretSource(source, what), what, { io: outside, log }),
        }),
      );
      return { code, out: io.out(), err: io.err() };
    },
  };
}
