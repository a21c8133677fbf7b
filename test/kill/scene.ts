import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import { toHex } from '../../src/base/bytes.ts';
import { createLab, DEFAULT_REFERENCE, type Lab } from '../../src/ca/lab.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import type { LabCertificate } from '../../src/ca/ledger-records.ts';
import { run } from '../../src/cli/run.ts';
import { parseSecretSource, resolveSecret } from '../../src/cli/secret.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { profileOf } from '../lifecycle/site.ts';
import { jumpingClock } from './jumping-clock.ts';
import { noMoments, type Moment, type Moments } from './moments.ts';

/** A lab behind HTTP, and state directories of clients that know it. */
export interface Scene {
  readonly lab: Lab;
  /** Make a client with a state directory of its own; its name is also its certificate's. */
  client(name: string): Promise<Client>;
}

/** One client: a state directory, and command lines run on it. */
export interface Client {
  readonly name: string;
  readonly certs: string;
  withStore<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /** Run a command line in this process. */
  run(words: string): Promise<Ended>;
  /** Run a command line in a process of its own, which dies at the n-th of these moments. */
  runKilled(words: string, moment: Moment, nth: number): Promise<void>;
  /** The same, if it gets there. @returns the exit code, or undefined when it was killed */
  runToKill(words: string, moment: Moment, nth: number): Promise<number | undefined>;
  /** Run a command line in a process of its own to its end, and count. */
  runCounted(words: string): Promise<Moments>;
  /** What the lab has received from this client, in order. */
  received(): readonly Uint8Array[];
  /** What the lab has issued to this client. */
  issued(): Promise<readonly LabCertificate[]>;
  /** Names and contents of the files in the certificate directory, hidden ones too. */
  files(): ReadonlyMap<string, string>;
}

/** How a command line ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Start a lab and serve it; everything is gone after the test. */
export async function openScene(settings: Partial<LabSettings>): Promise<Scene> {
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-kill-'));
  const seen: Uint8Array[] = [];
  const lab = await createLab({
    directory: join(home, 'lab'),
    clock: systemClock,
    random: systemRandom,
    settings,
    onMessage: ({ direction, der }) => {
      if (direction === 'in') seen.push(Uint8Array.from(der));
    },
  });
  const { url, close } = await lab.listen(0);
  onTestFinished(async () => {
    await close();
    await lab.close();
    rmSync(home, { recursive: true, force: true });
  });

  return {
    lab,
    async client(name) {
      const state = join(home, name);
      const certs = join(state, 'certs');
      const argvOf = (words: string): readonly string[] => [
        ...words.replaceAll('NAME', name).split(' '),
        '--state',
        state,
      ];
      const transactions = new Set<string>();
      const client: Client = {
        name,
        certs,
        async withStore(work) {
          const store = await openStore({
            directory: state,
            clock: systemClock,
            random: systemRandom,
          });
          try {
            return await work(store);
          } finally {
            await store.close();
          }
        },
        async run(words) {
          const io = fakeIo();
          const clock = jumpingClock(systemClock);
          const code = await run(argvOf(words), io, (_globals, outside, log) =>
            compose({
              stateDirectory: state,
              log,
              clock,
              pin: (source, what) =>
                resolveSecret(parseSecretSource(source, what), what, { io: outside, log }),
            }),
          );
          return { code, out: io.out(), err: io.err() };
        },
        async runKilled(words, moment, nth) {
          const code = await client.runToKill(words, moment, nth);
          if (code !== undefined)
            throw new Error(`Not killed at ${moment} ${nth}: ended with ${code}`);
        },
        async runToKill(words, moment, nth) {
          const { code, signal, err } = await runDriver(argvOf(words), {
            CERTKEEPER_KILL_AT: `${moment} ${nth}`,
          });
          if (signal === 'SIGKILL') return undefined;
          if (code !== null) return code;
          throw new Error(`"${words}" was ended by ${signal}: ${err}`);
        },
        async runCounted(words) {
          const path = join(home, `${name}.counts`);
          const { code, err } = await runDriver(argvOf(words), { CERTKEEPER_COUNTS: path });
          if (code !== 0) throw new Error(`"${words}" ended with ${code}: ${err}`);
          return { ...noMoments, ...JSON.parse(readFileSync(path, 'utf8')) };
        },
        received: () => {
          for (const der of seen) if (asksFor(der, name)) transactions.add(transactionOf(der));
          return seen.filter((der) => transactions.has(transactionOf(der)));
        },
        issued: async () =>
          (await lab.certificates()).filter(({ subject }) => subject === `CN=${name}`),
        files: () => readFiles(certs),
      };
      await client.withStore(async (store) => {
        const profile = { ...profileOf(lab), url, minPollSeconds: 1 };
        await store.authorities.put(profile, lab.secrets.get(DEFAULT_REFERENCE) ?? null);
      });
      return client;
    },
  };
}

/** Name the bodies of messages. */
export function bodies(messages: readonly Uint8Array[]): readonly string[] {
  return messages.map((der) => decodeMessage(der).body.type);
}

function transactionOf(der: Uint8Array): string {
  return toHex(decodeMessage(der).header.transactionID ?? new Uint8Array());
}

function asksFor(der: Uint8Array, name: string): boolean {
  const { body } = decodeMessage(der);
  if (body.type !== 'ir' && body.type !== 'cr' && body.type !== 'kur') return false;
  const [first] = body.value[0]?.certReq.certTemplate.subject?.rdns ?? [];
  const value = first?.[0]?.value;
  return value !== undefined && 'value' in value && value.value === name;
}

async function runDriver(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly signal: string | null; readonly err: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'driver.ts'), ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, err }));
  });
}

function readFiles(directory: string): ReadonlyMap<string, string> {
  if (!existsSync(directory)) return new Map();
  const entries = readdirSync(directory, {
    recursive: true,
    encoding: 'utf8',
    withFileTypes: true,
  });
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, 'utf8')]),
  );
}
