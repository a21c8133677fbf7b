import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { concatBytes } from '../base/bytes.ts';
import type { HookRun } from '../store/deployments-contract.ts';
import type { Account } from './accounts.ts';
import { withoutPowers } from './program-powers.ts';

/** What is kept of the output: its end, where programs say why they failed. */
export const maxOutputOctets = 65_536;

/** Between being asked to end and being killed. */
const graceMs = 2000;

/** How long output is waited for that somebody outside the process group still holds open. */
const drainMs = 500;

/** A program to run. */
export interface Command {
  /** Absolute program, then its arguments: nothing in them is interpreted. */
  readonly command: readonly [program: string, ...args: string[]];
  /** The whole of its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** As whom, in no other group; as this process when absent. Only root, or who has its capabilities for that, may. */
  readonly account?: Account;
  /** Absent: the program has none of the capabilities of this process. */
  readonly keepsPowers?: true;
  /** Ends the program; its run then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How a program ended, and what it said last. */
export type CommandRun = Pick<HookRun, 'result' | 'output'>;

/**
 * Run a program without a shell, in a process group of its own, and end that group with it: what the
 * program leaves behind in it is killed too. Standard input is empty, the directory is `/`.
 */
export async function runCommand(wanted: Command): Promise<CommandRun> {
  const { timeoutMs, signal } = wanted;
  signal?.throwIfAborted();
  const child = start(wanted);
  if (child instanceof Error) {
    return { result: { type: 'not-started', text: child.message }, output: new Uint8Array() };
  }
  const output = keepEnd(child);
  const ended = resultOf(child);
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const limit = new AbortController();
  const timeOut = sleep(timeoutMs, 'timed-out' as const, { signal: limit.signal });
  const interrupted = new Promise<'interrupted'>((resolve) => {
    signal?.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const first = await Promise.race([ended, timeOut.catch(() => undefined), interrupted]);
  limit.abort();
  const isOver = typeof first === 'object';
  if (!isOver) {
    killGroup(child, 'SIGTERM');
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
  }
  killGroup(child, 'SIGKILL');
  const result = isOver ? first : await ended;
  if (result.type !== 'not-started')
    await Promise.race([closed, sleep(drainMs, undefined, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (first === 'interrupted') signal?.throwIfAborted();
  return { result: isOver ? result : { type: 'timed-out' }, output: output() };
}

function start(wanted: Command): ChildProcess | Error {
  const { env, account } = wanted;
  const words = wanted.keepsPowers ? wanted.command : withoutPowers(wanted);
  if (words instanceof Error) return words;
  const [program, ...args] = words;
  try {
    // detached: a session and process group of its own. With an account, Node gives up all other groups.
    return spawn(program, args, {
      cwd: '/',
      env,
      detached: true,
      ...account,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    // Thrown, and not told by an event: that this process may not become another user.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return error;
    throw error;
  }
}

function resultOf(child: ChildProcess): Promise<HookRun['result']> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ type: 'not-started', text: error.message }));
    child.once('exit', (exitCode, signal) => {
      if (exitCode !== null) resolve({ type: 'exited', exitCode });
      else resolve({ type: 'killed', signal: signal ?? '' });
    });
  });
}

function keepEnd({ stdout, stderr }: ChildProcess): () => Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const keep = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    length += chunk.length;
    while (length - (chunks[0]?.length ?? 0) >= maxOutputOctets)
      length -= chunks.shift()?.length ?? 0;
  };
  for (const stream of [stdout, stderr]) stream?.on('data', keep).on('error', () => {});
  return () => concatBytes(...chunks).slice(-maxOutputOctets);
}

function killGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** Say how a program ended; absent when it ended well. */
export function complaintOf(result: HookRun['result'], timeoutMs: number): string | undefined {
  switch (result.type) {
    case 'exited':
      return result.exitCode === 0 ? undefined : `it ended with exit code ${result.exitCode}`;
    case 'killed':
      return `it was ended by ${result.signal}`;
    case 'timed-out':
      return `it took longer than ${timeoutMs / 1000} s, and was ended`;
    case 'not-started':
      return `it cannot be run: ${result.text}`;
  }
}

const maxQuotedCharacters = 400;

/** The last lines of an output, for a message. */
export function lastWords(output: Uint8Array): string {
  const text = new TextDecoder().decode(output).trim();
  return text === '' ? '' : `: ${text.slice(-maxQuotedCharacters).replaceAll(/\s+/g, ' ')}`;
}

/** Where programs are looked for, by us and by those we run: not where a caller's PATH leads. */
export const programDirectories: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

/** The environment every program gets; our own may hold secrets. */
export const plainEnvironment: Readonly<Record<string, string>> = {
  PATH: programDirectories.join(':'),
  LANG: 'C.UTF-8',
};
