import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inProject, type Bench } from './bench.ts';
import { figureOf, type Figure, type Goal } from './sample.ts';
import { measure, type RunOptions, type Usage } from './usage.ts';

const COUNT = 100_000;
const FEW = 10;

/** What is measured beside each other, from its start to its end. */
interface Run {
  readonly big: Usage;
  readonly small: Usage;
  readonly start: Usage;
}

/**
 * What a store of 100 000 certificates costs a command: beside the same command on one of ten, and beside a start of
 * the program that opens none; going through all of them beside reading the rows with nothing but the database.
 */
export async function bigStore(bench: Bench): Promise<Figure[]> {
  const stores = await setUp(bench);
  const { big, small } = stores;
  const figures = [
    ...(await one(bench, stores, 'show cert gw-00042', () => 'show cert gw-00002')),
    ...(await one(bench, stores, 'show cert expiring 20')),
    ...(await one(bench, stores, 'cert import, one with key', (name) => importOf(bench, name))),
  ];
  const lists: Usage[] = [];
  const reads: Usage[] = [];
  const rows = [process.execPath, inProject('bench/read-rows.ts'), join(big.state, 'store.db')];
  for (let run = 1; run <= bench.runs; run++) {
    bench.tell(`show cert of ${COUNT}, run ${run} of ${bench.runs}`);
    lists.push(await big.run('show cert'));
    reads.push(await measure(rows));
  }
  small.remove();
  big.remove();
  const all = { name: `show cert, all ${COUNT}`, against: 'better-sqlite3, rows alone' };
  return [
    ...figures,
    figureOf({ ...all, unit: 'ms wall', ...sides(lists, reads, 'wallMs') }),
    figureOf({ ...all, unit: 'peak MB', ...sides(lists, reads, 'peakMb'), goal: memoryGoal }),
  ];
}

/** Start-up is what every command costs; what this one adds on a machine like ours shall not be noticed. */
const timeGoal: Goal = { atMost: 50 };

/** Of a small gateway's memory, which has other things to do. */
const memoryGoal: Goal = { oursAtMost: 90 };

type Words = (name: string) => string;

async function one(
  { runs, tell }: Bench,
  { big, small }: Stores,
  name: string,
  onSmall: Words = () => name,
): Promise<Figure[]> {
  const isImport = name.startsWith('cert import');
  const done: Run[] = [];
  for (let run = 1; run <= runs * 2; run++) {
    tell(`${name}, run ${run} of ${runs * 2}`);
    const words = onSmall(`new-${run}`);
    done.push({
      start: await big.run('--version'),
      small: await small.run(words),
      big: await big.run(isImport ? words : name),
    });
  }
  const bigs = done.map((each) => each.big);
  const smalls = done.map((each) => each.small);
  const starts = done.map((each) => each.start);
  const start = { name, against: '--version', unit: 'ms wall' };
  const comparison = 'difference' as const;
  const few = { name, against: `of ${FEW}` };
  return [
    figureOf({ ...start, ...sides(bigs, starts, 'wallMs'), comparison, goal: timeGoal }),
    figureOf({ ...start, unit: 'ms CPU', ...sides(bigs, starts, 'cpuMs'), comparison }),
    figureOf({ ...few, unit: 'ms wall', ...sides(bigs, smalls, 'wallMs') }),
    figureOf({ ...few, unit: 'peak MB', ...sides(bigs, smalls, 'peakMb'), goal: memoryGoal }),
  ];
}

function sides(
  ours: readonly Usage[],
  theirs: readonly Usage[],
  key: 'wallMs' | 'cpuMs' | 'peakMb',
) {
  return { ours: ours.map((usage) => usage[key]), theirs: theirs.map((usage) => usage[key]) };
}

/** Make a certificate and its key, and give the words that import them. */
function importOf({ directory }: Pick<Bench, 'directory'>, name: string): string {
  const args =
    'req -config /dev/null -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 ' +
    `-subj /O=Test/CN=${name} -keyout new.key -out new.crt`;
  const { status } = spawnSync('openssl', args.split(' '), { cwd: directory, stdio: 'ignore' });
  if (status !== 0) throw new Error(`no certificate for ${name} was made`);
  return `cert import cert-name ${name} file new.crt key-file new.key`;
}

interface FilledStore {
  readonly state: string;
  run(words: string): Promise<Usage>;
  remove(): void;
}

interface Stores {
  readonly big: FilledStore;
  readonly small: FilledStore;
}

async function setUp({ directory, tell }: Bench): Promise<Stores> {
  const home = join(directory, 'store-home');
  mkdirSync(join(home, '.cache'), { recursive: true, mode: 0o700 });
  const { XDG_CACHE_HOME: _, ...env } = process.env;
  const fill = async (name: string, count: number): Promise<FilledStore> => {
    tell(`a store of ${count} certificates is made`);
    const state = join(directory, name);
    await fillStore(state, count);
    const options: RunOptions = {
      cwd: directory,
      env: { ...env, HOME: home, CERTKEEPER_STATE: state },
    };
    return {
      state,
      run: (words) =>
        measure([process.execPath, inProject('dist/cli/main.js'), ...words.split(' ')], options),
      remove: () => rmSync(state, { recursive: true }),
    };
  };
  const small = await fill('store-small', FEW);
  const big = await fill('store-big', COUNT);
  for (let i = 0; i < 3; i++) {
    await big.run('--version');
    await big.run('show cert gw-00042');
    await big.run('show cert expiring 20');
    await small.run(importOf({ directory }, `warm-${i}`));
  }
  return { big, small };
}

/** A hundred thousand writes that are on the disk each take minutes: it is made in memory, and copied. */
async function fillStore(state: string, count: number): Promise<void> {
  const memory = '/dev/shm';
  const place = existsSync(memory) ? join(memory, `certkeeper-bench-${process.pid}`) : state;
  try {
    await measure([process.execPath, inProject('bench/fill-store.ts'), place, String(count)]);
    if (place !== state) cpSync(place, state, { recursive: true });
  } finally {
    if (place !== state) rmSync(place, { recursive: true, force: true });
  }
}
