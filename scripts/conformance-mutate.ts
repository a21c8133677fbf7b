/**
 * Take each check that a comment such as `// R3: …` marks out of a copy of the program, and see whether a
 * test of that row fails. `docs/conformance-mutations.md` keeps what came of all rows.
 *
 * usage: npm run conformance:mutate [-- ROW…]
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { unshown } from '../test/conformance/mutations.ts';
import type { Mutation } from '../test/conformance/mutators.ts';
import { readPlaces, type Place } from '../test/conformance/plan.ts';
import { mutationsPage, type Finding } from '../test/conformance/report.ts';
import { readRows } from '../test/conformance/rows.ts';
import { readNamedTests } from '../test/conformance/titles.ts';

/** Copies in which tests run at the same time. */
const LANES = 2;

/** Longest run of the tests of one row; some mutations make a client wait for ever. */
const RUN_MS = 120_000;

/** Ways tried to take one check out before it counts as not shown. */
const MAX_WAYS = 6;

/** Between the names of suites and that of the test in them. */
const SEPARATOR = ' > ';

/** What one run of tests gave. */
interface Outcome {
  /** Full names, by file. */
  readonly failed: readonly string[];
  readonly passed: number;
  readonly hasEnded: boolean;
}

const root = join(import.meta.dirname, '..');
const rows = readRows(root);
const tests = readNamedTests(root);
const asked = process.argv.slice(2);
const strange = asked.filter((row) => !rows.some(({ id }) => id === row));
if (strange.length > 0) {
  console.error(`usage: npm run conformance:mutate [-- ROW…]: no row ${strange.join(', ')}`);
  process.exitCode = 2;
} else {
  await run(rows.filter(({ id }) => asked.length === 0 || asked.includes(id)).map(({ id }) => id));
}

async function run(ids: readonly string[]): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-conformance-'));
  try {
    const lanes = Array.from({ length: LANES }, (_, i) => makeLane(join(home, String(i))));
    const places = readPlaces(root);
    const [first = home] = lanes;
    const used = [...new Set(ids.flatMap(filesFor))];
    console.log(`${ids.length} rows, ${used.length} files of tests; first as the program is`);
    const before = await runTests(first, used, ids, false);
    const broken = new Set(before.failed);
    for (const name of broken) console.log(`fails already: ${name}`);
    const queue = ids.flatMap((id) => places.filter(({ row }) => row === id));
    const findings: Finding[] = [];
    const work = async (lane: string): Promise<void> => {
      for (let place = queue.shift(); place; place = queue.shift()) {
        const finding = await tryPlace(lane, place, broken);
        findings.push(finding);
        console.log(said(finding));
      }
    };
    await Promise.all(lanes.map(work));
    const page = mutationsPage(ids, findings, unshown, new Date());
    if (asked.length === 0) writeFileSync(join(root, 'docs/conformance-mutations.md'), page.text);
    console.log(page.lastLine);
    if (page.isComplete) return;
    process.exitCode = 1;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Copy what tests need; what is big and never changed is linked. */
function makeLane(lane: string): string {
  for (const name of ['src', 'test', 'docs', 'scripts', 'examples', 'package.json']) {
    cpSync(join(root, name), join(lane, name), { recursive: true });
  }
  for (const name of ['tsconfig.json', 'vitest.config.ts', 'CHANGELOG.md', 'README.md']) {
    cpSync(join(root, name), join(lane, name));
  }
  for (const name of ['node_modules', 'dist', 'tools']) {
    symlinkSync(join(root, name), join(lane, name));
  }
  return lane;
}

/** The files to run for a row: unit tests, or the real peers where there are no others. */
function filesFor(row: string): readonly string[] {
  const own = tests.filter((test) => test.rows.includes(row)).flatMap(({ runs }) => runs);
  const files = [...new Set(own)];
  const unit = files.filter((file) => !isInterop(file));
  return unit.length > 0 ? unit : files;
}

function isInterop(file: string): boolean {
  return file.startsWith('test/interop/');
}

async function tryPlace(lane: string, place: Place, broken: ReadonlySet<string>): Promise<Finding> {
  const { row, file, line, source } = place;
  const survived: string[] = [];
  for (const mutation of place.mutations.slice(0, MAX_WAYS)) {
    writeFileSync(join(lane, file), changed(source, mutation));
    try {
      const { failed, hasEnded } = await runTests(lane, filesFor(row), [row], true);
      const noticed = failed.find((name) => !broken.has(name));
      const test = noticed && ((await failsAgain(lane, noticed)) ? noticed : undefined);
      const shown = test ?? (hasEnded ? undefined : 'its tests do not end');
      if (shown !== undefined)
        return { row, file, line, what: mutation.what, test: shown, survived };
    } finally {
      writeFileSync(join(lane, file), source);
    }
    survived.push(mutation.what);
  }
  return { row, file, line, what: survived.at(-1) ?? 'no mutator fits', survived };
}

/** Tell whether a test fails a second time: what fails by chance shows nothing. */
async function failsAgain(lane: string, name: string): Promise<boolean> {
  const [file = ''] = name.split(': ', 1);
  const { failed, hasEnded } = await vitest(lane, [file], escaped(titleOf(name)), true);
  return failed.includes(name) || !hasEnded;
}

/** The name of a test without those of its file and suites, whose separator is the runner's own business. */
function titleOf(name: string): string {
  return name.slice(name.indexOf(SEPARATOR) + SEPARATOR.length);
}

function escaped(text: string): string {
  return `${text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`;
}

function changed(source: string, { start, end, text }: Mutation): string {
  return source.slice(0, start) + text + source.slice(end);
}

function runTests(
  lane: string,
  files: readonly string[],
  ids: readonly string[],
  isBailing: boolean,
): Promise<Outcome> {
  return vitest(lane, files, `\\[(${ids.join('|')})\\]`, isBailing);
}

/** Run tests in a copy by their names. A file that cannot even be loaded has no failed test. */
async function vitest(
  lane: string,
  files: readonly string[],
  names: string,
  isBailing: boolean,
): Promise<Outcome> {
  const report = join(lane, 'report.json');
  rmSync(report, { force: true });
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      files.some(isInterop) ? 'interop' : 'unit',
      ...files,
      '--testNamePattern',
      names,
      '--reporter=json',
      `--outputFile=${report}`,
      '--testTimeout=30000',
      `--maxWorkers=${isBailing ? 1 : LANES}`,
      ...(isBailing ? ['--bail=1'] : []),
    ],
    { cwd: lane, stdio: 'ignore', detached: true },
  );
  const hasEnded = await ended(child, isBailing ? RUN_MS : 10 * RUN_MS);
  return { ...read(report, lane), hasEnded };
}

/** Wait for a process; one that takes too long is killed with those it began. */
function ended(child: ReturnType<typeof spawn>, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      resolve(false);
    }, limitMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** As far as the report of vitest is read. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly ancestorTitles: readonly string[];
      readonly title: string;
    }[];
  }[];
}

function read(path: string, lane: string): Pick<Outcome, 'failed' | 'passed'> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { failed: [], passed: 0 };
  }
  const report: Report = JSON.parse(text);
  const all = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, ancestorTitles, title }) => ({
      status,
      name: `${relative(lane, name)}: ${ancestorTitles.join(' ')}${SEPARATOR}${title}`,
    })),
  );
  const failed = all.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return { failed, passed: all.filter(({ status }) => status === 'passed').length };
}

function said({ row, file, line, what, test, survived }: Finding): string {
  const before = survived.length > 0 && test ? ` (after ${survived.length} that survived)` : '';
  return `${test ? 'shown    ' : 'NOT SHOWN'} ${row} ${file}:${line} | ${what}${before} | ${test ?? ''}`;
}
