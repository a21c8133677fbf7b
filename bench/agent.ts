import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inProject, numberIn, type Bench } from './bench.ts';
import { figureOf, type Figure } from './sample.ts';
import { measure } from './usage.ts';

const MANY = 1_000_000;
const FEW = 10;

/** As many names as are looked at in some seconds: a rate says enough of a hundred thousand. */
const WOKEN = 2000;

/** Renewed at once. Ten thousand take ten times as long. */
const RENEWED = 1000;

/** How long an agent is looked at that has nothing to do. */
const IDLE_MS = 10_000;

/**
 * What a large store costs the agent: a tick with nothing due, beside one of ten certificates, and its memory; how
 * many names it looks at in a second when all are due; and its renewals beside what their cryptography would allow.
 */
export async function agent(bench: Bench): Promise<Figure[]> {
  const { tell, directory } = bench;
  const many = join(directory, 'agent-many');
  const few = join(directory, 'agent-few');
  tell(`a store of ${MANY} certificates`);
  await loop('fill', many, MANY);
  await loop('fill', few, FEW);
  const [ticks, fewTicks, memory, fewMemory]: [number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
  ];
  for (let run = 1; run <= bench.runs; run++) {
    tell(`agent with nothing to do, run ${run} of ${bench.runs}`);
    ticks.push(numberIn(await loop('tick', many), 'tickMs'));
    fewTicks.push(numberIn(await loop('tick', few), 'tickMs'));
  }
  memory.push(await idleMemory(many));
  fewMemory.push(await idleMemory(few));
  rmSync(many, { recursive: true });
  rmSync(few, { recursive: true });

  tell(`${WOKEN} names due`);
  const woken = join(directory, 'agent-woken');
  await loop('fill', woken, WOKEN);
  const looked = numberIn(await loop('first', woken), 'namesPerSecond');
  tell(`${RENEWED} renewals`);
  const renewals = await loop('renew', join(directory, 'agent-renewed'), RENEWED);
  const of = `${MANY} certificates`;
  return [
    figureOf({
      name: `agent, tick with nothing due, ${of}`,
      unit: 'ms wall',
      ours: ticks,
      theirs: fewTicks,
      against: `of ${FEW}`,
      goal: { oursAtMost: 5 },
    }),
    figureOf({
      name: `agent with nothing to do, ${of}`,
      unit: 'peak MiB',
      ours: memory,
      theirs: fewMemory,
      against: `of ${FEW}`,
      goal: { oursAtMost: 150 },
    }),
    figureOf({
      name: `agent, ${RENEWED} renewals due at once, lab in the same process`,
      unit: 'a second',
      ours: [numberIn(renewals, 'perSecond')],
      theirs: [numberIn(renewals, 'boundPerSecond')],
      against: 'cryptography alone',
    }),
    figureOf({
      name: 'agent, names looked at when all are due',
      unit: 'a second',
      ours: [looked],
      theirs: [numberIn(renewals, 'perSecond')],
      against: 'renewals',
    }),
  ];
}

async function loop(what: string, directory: string, count = 0): Promise<string> {
  const words = [inProject('bench/agent-loop.ts'), what, directory, String(count)];
  return (await measure([process.execPath, ...words], { keepOutput: true })).output;
}

/** The built program, with a beat of a second; the kernel remembers the most memory it ever had. */
async function idleMemory(directory: string): Promise<number> {
  const state = join(directory, 'state');
  const child = spawn(process.execPath, [inProject('dist/cli/main.js'), 'agent', 'run'], {
    env: { ...process.env, CERTKEEPER_STATE: state, CERTKEEPER_TEST_BEAT_SECONDS: '1' },
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  while (!existsSync(join(state, 'agent.sock')) && child.exitCode === null) await pause(50);
  await pause(IDLE_MS);
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  child.kill('SIGTERM');
  await ended;
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
