import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const built = join(root, 'dist/cli/main.js');

/** What was just built starts in a third of the time. */
const program =
  process.env['CERTKEEPER_BUILT'] !== undefined && existsSync(built)
    ? built
    : join(root, 'src/cli/main.ts');

const secret = 'of the lab and its clients';

/** A command line in a process of its own, that goes on. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has printed, and logged. */
  out(): string;
  err(): string;
  /** Settles once it has printed this; throws when it ends before. */
  until(text: string): Promise<void>;
  /** Send a signal. @returns the exit code, or null when it was killed */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** How a command line ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A lab and the state directory of one who knows it; the programs are the real ones, in processes of their own. */
export interface Processes {
  readonly home: string;
  readonly state: string;
  /** The databases. */
  readonly store: string;
  readonly ledger: string;
  /** Start the lab; the second time as it was. */
  lab(...words: readonly string[]): Promise<Running>;
  /** Tell the store of the lab. */
  know(): Promise<void>;
  /** Start an agent that looks every second; with further words of `agent run`. */
  agent(...words: readonly string[]): Running;
  /** Run a command line to its end. */
  run(...words: readonly string[]): Promise<Ended>;
  /** Kill what is left and remove everything. */
  close(): Promise<void>;
}

/**
 * Make a place for processes.
 *
 * @param env what they find in their environment beside what they need
 */
export function makeProcesses(env: Readonly<Record<string, string>> = {}): Processes {
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-agent-'));
  const state = join(home, 'state');
  const labHome = join(home, 'lab');
  const all: Running[] = [];
  let url = '';
  const start = (...words: readonly string[]): Running => {
    const running = follow(
      spawn(process.execPath, [program, ...words], {
        env: {
          PATH: process.env['PATH'] ?? '',
          CERTKEEPER_STATE: state,
          CERTKEEPER_TEST_BEAT_SECONDS: '1',
          NODE_COMPILE_CACHE: join(home, 'compiled'),
          PSK: secret,
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    all.push(running);
    return running;
  };
  const run = async (...words: readonly string[]): Promise<Ended> => {
    const { child, out, err } = start(...words);
    const code = child.exitCode ?? (await closed(child));
    return { code, out: out(), err: err() };
  };
  return {
    home,
    state,
    store: join(state, 'store.db'),
    ledger: join(labHome, 'lab.db'),
    async lab(...words) {
      const port = url === '' ? '0' : new URL(url).port;
      const lab = start(
        'lab',
        '--json',
        `--port=${port}`,
        `--dir=${labHome}`,
        '--secret=client:env:PSK',
        ...words,
      );
      await lab.until('}\n');
      ({ url } = urlIn(lab.out()));
      return lab;
    },
    async know() {
      const words =
        `ca add lab url ${url} root ${join(labHome, 'root.pem')} reference client ` +
        'secret env:PSK pbm-iterations 100';
      const { code, err } = await run(...words.split(' '));
      if (code !== 0) throw new Error(`Cannot add the lab: ${err}`);
    },
    agent: (...words) => start('agent', 'run', ...words),
    run,
    async close() {
      await Promise.all(all.map(async ({ child, end }) => child.exitCode ?? end('SIGKILL')));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function urlIn(printed: string): { readonly url: string } {
  return JSON.parse(printed);
}

function follow(child: ChildProcess): Running {
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = closed(child);
  // Whoever waits for more than its end is told so by what it waits for.
  ended.catch(() => {});
  return {
    child,
    out: () => out,
    err: () => err,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (out.includes(text)) resolve();
        };
        child.stdout?.on('data', look);
        look();
        const tooLate = (): void => {
          reject(new Error(`It ended before it said ${JSON.stringify(text)}: ${out}${err}`));
        };
        ended.then(tooLate, reject);
      }),
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

function closed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}
