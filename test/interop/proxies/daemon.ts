import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { programPath } from '../../../scripts/peer-packages.ts';

/** A program that runs until it is stopped. */
export interface Daemon {
  /** All that it printed so far. */
  log(): string;
  /** What its ready line said in brackets of the pattern. */
  readonly ready: RegExpExecArray;
  /** Send it a signal: SIGSTOP makes a server that is there and says nothing. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** How long a daemon may take until it is ready. */
const START_MS = 20_000;
/** And how long to clean up. */
const STOP_MS = 10_000;

/** Start a program, and wait until it prints that it is ready. */
export async function startDaemon(
  program: string,
  argv: readonly string[],
  ready: RegExp,
  cwd: string,
): Promise<Daemon> {
  const child = spawn(program, argv, {
    cwd,
    env: { ...process.env, PATH: programPath, OPENSSL_CONF: '/dev/null' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const ended = Promise.withResolvers<void>();
  child.on('close', () => ended.resolve());
  const found = await new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${program} ${why}: ${text}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail('is slow');
    }, START_MS);
    const look = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const match = ready.exec(text);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      fail('did not start');
    });
  });
  return {
    log: () => text,
    ready: found,
    signal: (name) => void child.kill(name),
    async stop() {
      // In good order: squid leaves shared memory behind otherwise.
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended.promise;
      clearTimeout(timer);
    },
  };
}

/** Wait for what says that it is ready before it listens. */
export async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (isThere) return;
    await sleep(20);
  }
  throw new Error(`nobody listens on port ${port}`);
}
