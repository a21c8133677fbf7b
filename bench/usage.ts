import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { programPath } from '../scripts/peer-packages.ts';

/** What the kernel counted for one run of a program, from its start to its end. */
export interface Usage {
  readonly wallMs: number;
  /** User and system. */
  readonly cpuMs: number;
  /** Peak resident memory, `ru_maxrss`. */
  readonly peakMb: number;
  /** What it wrote to its standard output; empty unless asked for. */
  readonly output: string;
}

/** How to run a program. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Keep standard output; otherwise it goes to /dev/null. */
  readonly keepOutput?: boolean;
}

const syscalls: Readonly<Partial<Record<NodeJS.Architecture, readonly [string, string]>>> = {
  x64: ['61', '228'],
  arm64: ['260', '113'],
};

/** Tell why usage cannot be measured here; undefined when it can. */
export function whyNoUsage(): string | undefined {
  if (process.platform === 'linux' && syscalls[process.arch]) return undefined;
  return `usage is measured on Linux x64 and arm64 only, this is ${process.platform} ${process.arch}`;
}

/** Run a program to its end and give what it used. Throws when it fails: a failed run measures nothing. */
export async function measure(
  command: readonly string[],
  { cwd, env, keepOutput = false }: RunOptions = {},
): Promise<Usage> {
  const numbers = syscalls[process.arch] ?? [];
  const child = spawn('perl', [join(import.meta.dirname, 'usage.pl'), ...numbers, ...command], {
    ...(cwd !== undefined && { cwd }),
    env: { ...(env ?? process.env), PATH: programPath },
    stdio: ['ignore', keepOutput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const [, stdout, stderr, reporting] = child.stdio;
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
  const [output, complaint, report] = await Promise.all([
    readAll(stdout),
    readAll(stderr),
    readAll(reporting),
    ended,
  ]);
  const [wall = NaN, cpu = NaN, peakKib = NaN, status = NaN] = report.trim().split(' ').map(Number);
  if (status !== 0) {
    throw new Error(`"${command.join(' ')}" failed (wait status ${status}): ${complaint}${output}`);
  }
  return { wallMs: wall * 1000, cpuMs: cpu * 1000, peakMb: peakKib / 1024, output };
}

async function readAll(stream: unknown): Promise<string> {
  return stream instanceof Readable ? text(stream) : '';
}
