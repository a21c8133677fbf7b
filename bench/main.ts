/**
 * Measure certkeeper beside OpenSSL on this machine, in one run, and print the ratios. A missed goal is
 * shown and is no failure. `docs/benchmarks.md` says how each figure is measured.
 *
 * usage: npm run bench -- [--json FILE] [--runs N] [FIGURE ...]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { namespacePrefix } from '../scripts/network-namespace.ts';
import { programPath } from '../scripts/peer-packages.ts';
import { features } from '../test/features.ts';
import { makeOpensslPki } from '../test/interop/openssl/pki.ts';
import { agent } from './agent.ts';
import { inProject, type Bench } from './bench.ts';
import { enrolments } from './enrolments.ts';
import { messageRate } from './message-rate.ts';
import { oneShot } from './one-shot.ts';
import { paths } from './paths.ts';
import { figuresJson, formatFigures } from './report.ts';
import { revocation } from './revocation.ts';
import { addRsa } from './rsa.ts';
import type { Figure } from './sample.ts';
import { staples } from './staples.ts';
import { bigStore } from './store.ts';
import { transactions } from './transactions.ts';
import { whyNoUsage } from './usage.ts';

const benchmarks: Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>> = {
  messages: messageRate,
  transactions,
  enrolments,
  commands: oneShot,
  store: bigStore,
  agent,
  revocation,
  paths,
  staples,
};

/** Fewer say nothing about the spread. */
const MIN_RUNS = 10;

const { values, positionals } = parseArgs({
  options: { json: { type: 'string' }, runs: { type: 'string', default: String(MIN_RUNS) } },
  allowPositionals: true,
});
process.env['PATH'] = programPath;
const missing = whatIsMissing();
if (missing !== undefined) console.log(`nothing is measured: ${missing}`);
else if (features.namespaces.isThere()) await run();
else enterNamespace();

function whatIsMissing(): string | undefined {
  for (const [program, ...args] of [
    ['openssl', 'version'],
    ['perl', '-v'],
  ]) {
    const { status } = spawnSync(program ?? '', args, { stdio: 'ignore' });
    if (status !== 0) return `${program} is not installed`;
  }
  return whyNoUsage();
}

/** The server of OpenSSL binds every address, so all of this happens where nobody else is. */
function enterNamespace(): void {
  const prefix = namespacePrefix();
  if (!prefix) {
    console.log('nothing is measured: no network namespace here, and OpenSSL binds every address');
    return;
  }
  const [program = '', ...args] = [...prefix, process.execPath, ...process.argv.slice(1)];
  process.exitCode = spawnSync(program, args, { stdio: 'inherit' }).status ?? 1;
}

async function run(): Promise<void> {
  const build = spawnSync(process.execPath, [inProject('scripts/build.ts')], { stdio: 'inherit' });
  if (build.status !== 0) throw new Error('the build failed');
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-bench-'));
  try {
    const pki = makeOpensslPki(directory);
    addRsa(pki);
    const bench: Bench = {
      runs: Math.max(MIN_RUNS, Number(values.runs) || MIN_RUNS),
      pki,
      directory,
      tell: (line) => process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : ''),
    };
    const wanted = positionals.length > 0 ? positionals : Object.keys(benchmarks);
    const figures: Figure[] = [];
    for (const name of wanted) {
      const measured = await benchmarks[name]?.(bench);
      if (!measured)
        throw new Error(`no benchmark "${name}": ${Object.keys(benchmarks).join(', ')}`);
      figures.push(...measured);
    }
    bench.tell('');
    const openssl = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout.trim();
    const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`;
    const about = { node: process.version, openssl, machine, runs: bench.runs };
    console.log(
      `Node.js ${about.node}, ${openssl}, ${machine}; median (least-most) of ${bench.runs} runs, of enrolments half as many, of commands twice`,
    );
    process.stdout.write(formatFigures(figures));
    const json = `${JSON.stringify({ ...about, at: new Date().toISOString(), figures: figuresJson(figures) }, null, 2)}\n`;
    if (values.json === undefined) process.stdout.write(`\n${json}`);
    else writeFileSync(values.json, json);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
