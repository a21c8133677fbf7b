import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inProject, numberIn, type Bench } from './bench.ts';
import { figureOf, type Figure, type Measured } from './sample.ts';
import { measure } from './usage.ts';

const MANY = 1_000_000;
const TENTH = 10_000;
const FEW = 10;

/** Looked at when all are due: a rate says enough of a million. */
const WOKEN = 20_000;

/** Renewed at once: what a compromised CA leaves to do. */
const RENEWED = 10_000;

/** How long an agent is looked at that has nothing to do. */
const IDLE_MS = 10_000;

/** What `packaging/launcher.sh` gives Node. */
const launched = ['--max-semi-space-size=4'] as const;

/** Whole stores that fit here are measured without a disk, too; so is the lab, which is no part of what is measured. */
const MEMORY = '/dev/shm';

/**
 * What a large store costs the agent: a tick with nothing due, beside one of ten certificates, and its memory; how
 * many names it looks at in a second when all are due; and its renewals beside what their cryptography would allow.
 */
export async function agent(bench: Bench): Promise<Figure[]> {
  const memory = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'certkeeper-bench-'));
  try {
    return [
      ...(await idle(bench)),
      await looks(bench, memory),
      ...(await renewals(bench, memory)),
      figure('load of the machine after all of it', 'processes', [loadavg()[0] ?? NaN]),
    ];
  } finally {
    rmSync(memory, { recursive: true });
  }
}

/** A tick with nothing due, and the most memory that an agent has which has nothing to do. */
async function idle({ tell, directory, runs }: Bench): Promise<Figure[]> {
  const stores = new Map([MANY, TENTH, FEW].map((n) => [n, join(directory, `agent-${n}`)]));
  const ticks: Record<number, number[]> = { [MANY]: [], [FEW]: [] };
  const plain: Record<number, number> = {};
  const scraped: Record<number, number> = {};
  for (const [count, store] of stores) {
    tell(`a store of ${count} certificates`);
    await loop('fill', store, count);
    tell(`an agent of ${count} certificates with nothing to do`);
    await loop('quiet', store);
    plain[count] = await idleMemory(store, false);
    scraped[count] = await idleMemory(store, true);
  }
  for (let run = 1; run <= runs; run++) {
    tell(`ticks, run ${run} of ${runs}`);
    for (const count of [MANY, FEW])
      ticks[count]?.push(numberIn(await loop('tick', stores.get(count) ?? ''), 'tickMs'));
  }
  for (const store of stores.values()) rmSync(store, { recursive: true });
  const atMost = { oursAtMost: 150 };
  const peak = (what: string, all: Record<number, number>, count: number) =>
    figure(`agent with nothing to do, ${what}${count} certificates`, 'peak MiB', [all[count]], {
      theirs: [all[FEW]],
      against: `of ${FEW}`,
      goal: atMost,
    });
  return [
    figure(`agent, tick with nothing due, ${MANY} certificates`, 'ms wall', ticks[MANY] ?? [], {
      theirs: ticks[FEW] ?? [],
      against: `of ${FEW}`,
      goal: { oursAtMost: 5 },
    }),
    peak('', plain, MANY),
    peak('metrics read twice, ', scraped, TENTH),
    peak('metrics read twice, ', scraped, MANY),
  ];
}

async function looks({ tell, directory }: Bench, memory: string): Promise<Figure> {
  tell(`${WOKEN} names due`);
  const store = join(directory, 'agent-woken');
  await loop('fill', store, WOKEN);
  cpSync(store, join(memory, 'woken'), { recursive: true });
  const [disk, ram] = [await loop('first', store), await loop('first', join(memory, 'woken'))];
  rmSync(store, { recursive: true });
  rmSync(join(memory, 'woken'), { recursive: true });
  return figure('agent, names looked at when all are due', 'a second', [rate(disk)], {
    theirs: [rate(ram)],
    against: 'in memory',
  });
}

async function renewals({ tell, directory }: Bench, memory: string): Promise<Figure[]> {
  tell(`${RENEWED} certificates for renewal`);
  const ram = join(memory, 'renewed');
  await loop('enrol', ram, RENEWED);
  const lab = join(memory, 'lab');
  cpSync(join(ram, 'lab'), lab, { recursive: true });
  const disk = join(directory, 'agent-renewed');
  cpSync(ram, disk, { recursive: true });
  tell(`${RENEWED} renewals in memory`);
  const inMemory = await loop('renew', ram);
  tell(`${RENEWED} renewals on the disk`);
  const onDisk = await loop('renew', disk, 0, lab);
  rmSync(disk, { recursive: true });
  const name = `agent, ${RENEWED} renewals due at once`;
  const each = (what: string) =>
    figure(`agent, ${what} of a renewal`, what.includes('CPU') ? 'ms' : 'times', [
      numberIn(onDisk, what.includes('CPU') ? 'cpuMsEach' : 'syncsEach'),
    ]);
  return [
    figure(`${name}, on the disk`, 'a second', [rate(onDisk)], {
      theirs: [numberIn(onDisk, 'boundPerSecond')],
      against: 'cryptography alone',
    }),
    figure(`${name}, on the disk`, 'a second', [rate(onDisk)], {
      theirs: [numberIn(onDisk, 'syncBoundPerSecond')],
      against: 'its fsyncs alone, one after the other',
    }),
    figure(`${name}, in memory`, 'a second', [rate(inMemory)], {
      theirs: [numberIn(inMemory, 'boundPerSecond')],
      against: 'cryptography alone',
    }),
    each('CPU time'),
    each('fsyncs'),
    figure('fsync of a page', 'ms', [numberIn(onDisk, 'syncMs')]),
  ];
}

function rate(output: string): number {
  return numberIn(output, 'perSecond');
}

/** A figure that may stand alone. */
function figure(
  name: string,
  unit: string,
  ours: readonly (number | undefined)[],
  beside: {
    readonly theirs?: readonly (number | undefined)[];
    readonly against?: string;
    readonly goal?: Measured['goal'];
  } = {},
): Figure {
  const { theirs = [], against = '', goal } = beside;
  return figureOf({
    name,
    unit,
    ours: measured(ours),
    theirs: measured(theirs),
    against,
    ...(goal && { goal }),
  });
}

function measured(values: readonly (number | undefined)[]): readonly number[] {
  return values.map((value) => value ?? NaN);
}

async function loop(what: string, directory: string, count = 0, lab = ''): Promise<string> {
  const words = [inProject('bench/agent-loop.ts'), what, directory, String(count), lab];
  return (await measure([process.execPath, ...words], { keepOutput: true })).output;
}

async function scrape(url: string): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(await answer.text());
  await answer.arrayBuffer();
}

/** The built program, with a beat of a second; the kernel remembers the most memory it ever had. */
async function idleMemory(directory: string, isScraped: boolean): Promise<number> {
  const state = join(directory, 'state');
  const words = ['agent', 'run', '--json', ...(isScraped ? ['metrics', '0'] : [])];
  const program = [...launched, inProject('dist/cli/main.js'), ...words];
  const child = spawn(process.execPath, program, {
    env: { ...process.env, CERTKEEPER_STATE: state, CERTKEEPER_TEST_BEAT_SECONDS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const [line] = await once(child.stdout, 'data');
  const { metrics }: { readonly metrics?: string } = JSON.parse(String(line));
  if (metrics !== undefined) for (let i = 0; i < 2; i++) await scrape(metrics);
  await pause(IDLE_MS);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.kill('SIGTERM');
  await ended;
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
