import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { programPath } from '../../../scripts/peer-packages.ts';

/** A machine of the scene: a network namespace with an address. */
export interface Place {
  readonly name: string;
  /** IPv4, on the segment that all of them share. */
  readonly address: string;
  /** Of the process that keeps the namespace. */
  readonly pid: number;
  /** What runs a command there, for `spawn`. */
  words(program: string, argv: readonly string[]): readonly [string, readonly string[]];
  /** Run a command there to its end. */
  run(program: string, ...argv: readonly string[]): Promise<Ended>;
  /** The same; an error with what it said where it fails. @returns what it printed */
  done(program: string, ...argv: readonly string[]): Promise<string>;
  /** Start a process there that runs until it is stopped; it is killed when this process ends. */
  start(program: string, argv: readonly string[], options?: StartOptions): PlacedProcess;
}

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** How a process is started. */
export interface StartOptions {
  /** Beside that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A channel for messages, where the process is a Node. */
  readonly isNode?: boolean;
}

/** A process in a place. */
export interface PlacedProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** All that it printed so far, on both. */
  log(): string;
  /** Wait until it printed this; an error once it ended without. */
  says(pattern: RegExp): Promise<void>;
  isRunning(): boolean;
  signal(name: NodeJS.Signals): void;
  /** Ask it to end, and wait; it is killed where that takes long. @returns its exit code, null by a signal */
  stop(name?: NodeJS.Signals): Promise<number | null>;
}

/** How long a command may take on a busy machine. */
const RUN_MS = 60_000;
/** And a process until it says that it is ready. */
const READY_MS = 30_000;
/** And until it has ended in good order. */
const STOP_MS = 10_000;

/** Give the place whose namespace a process keeps. */
export function placeOf(name: string, address: string, pid: number): Place {
  const words: Place['words'] = (program, argv) => [
    'nsenter',
    ['-t', String(pid), '-n', '--', program, ...argv],
  ];
  const run: Place['run'] = (program, ...argv) => ended(...words(program, argv));
  return {
    name,
    address,
    pid,
    words,
    run,
    async done(program, ...argv) {
      const { code, out, err } = await run(program, ...argv);
      if (code === 0) return out;
      throw new Error(`${name}: ${program} ${argv.join(' ')} ended with ${code}: ${out}${err}`);
    },
    // What kills it with us is inherited by nobody: the program takes the place of setpriv.
    start: (program, argv, options) =>
      started(words('setpriv', ['--pdeathsig', 'KILL', '--', program, ...argv]), options),
  };
}

function ended(program: string, argv: readonly string[]): Promise<Ended> {
  const options = { env: environment(), timeout: RUN_MS, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve) => {
    const child = execFile(program, [...argv], options, (_error, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

function started(
  [program, argv]: readonly [string, readonly string[]],
  { env = {}, cwd, isNode = false }: StartOptions = {},
): PlacedProcess {
  const child = spawn(program, argv, {
    cwd,
    env: { ...environment(), ...env },
    // Octets stay octets in messages.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', ...(isNode ? (['ipc'] as const) : [])],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${argv.join(' ')} was not started`);
  let text = '';
  const collect = (chunk: Buffer): void => void (text += chunk.toString('utf8'));
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    child,
    pid,
    log: () => text,
    says: (pattern) => said(child, () => text, pattern),
    isRunning,
    signal: (name) => void child.kill(name),
    async stop(name = 'SIGTERM') {
      if (isRunning()) child.kill(name);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await closed;
      clearTimeout(timer);
      return child.exitCode;
    },
  };
}

async function said(child: ChildProcess, text: () => string, pattern: RegExp): Promise<void> {
  const found = Promise.withResolvers<void>();
  const look = (): void => {
    if (pattern.test(text())) found.resolve();
  };
  const fail = (why: string) => (): void => {
    found.reject(new Error(`a process ${why} before it said ${String(pattern)}: ${text()}`));
  };
  const timer = setTimeout(fail('is slow'), READY_MS);
  const end = fail('ended');
  child.stdout?.on('data', look);
  child.stderr?.on('data', look);
  child.once('close', end);
  look();
  try {
    await found.promise;
  } finally {
    clearTimeout(timer);
    child.stdout?.off('data', look);
    child.stderr?.off('data', look);
    child.off('close', end);
  }
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: programPath };
}
