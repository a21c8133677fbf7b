/**
 * Run all tests: the unit project as it is, the interop project in a network namespace of its own, because
 * some peers bind every address. Never installs anything. Arguments are handed to Vitest, so
 * `npm test -- test/store` runs a part.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCi } from '../test/harness/require.ts';
import {
  closingLine,
  exitCodeFor,
  longSuites,
  type RunOutcome,
  type RunSummary,
  skipReport,
  totals,
} from '../test/harness/summary.ts';
import { namespacePrefix } from './network-namespace.ts';
import { programPath } from './peer-packages.ts';

const root = join(import.meta.dirname, '..');
const temporary = mkdtempSync(join(tmpdir(), 'certkeeper-test-'));

try {
  process.exitCode = run();
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function run(): number {
  if (spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { stdio: 'inherit' }).status) {
    console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }));
    return 1;
  }
  const outcomes = [runProject('unit', []), runProject('interop', interopPrefix())];
  for (const line of [...longSuites(outcomes), ...skipReport(outcomes)]) console.log(line);
  const sums = totals(outcomes, { strict: isCi() });
  console.log(closingLine(sums));
  return exitCodeFor(sums);
}

function runProject(project: string, prefix: readonly string[]): RunOutcome {
  const summaryFile = join(temporary, `${project}.json`);
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', project];
  const command = [
    ...prefix,
    process.execPath,
    ...vitest,
    '--passWithNoTests',
    ...process.argv.slice(2),
  ];
  const [program = process.execPath, ...args] = command;
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: programPath,
      CERTKEEPER_SUMMARY: summaryFile,
      CERTKEEPER_BUILT: 'yes',
    },
  });
  const summary = existsSync(summaryFile) ? readSummary(summaryFile) : undefined;
  return { summary, exitCode: status ?? 1 };
}

function readSummary(file: string): RunSummary {
  const summary: RunSummary = JSON.parse(readFileSync(file, 'utf8'));
  return summary;
}

function interopPrefix(): readonly string[] {
  const prefix = namespacePrefix();
  if (!prefix) console.log('no network namespace here: interop tests that need one are skipped');
  return prefix ?? [];
}
