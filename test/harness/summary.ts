import { featureSkip } from './require.ts';

/** A test that did not run, and why: the text given to `ctx.skip`, empty if there was none. */
export interface Skip {
  readonly name: string;
  readonly reason: string;
}

/** What one test file did. */
export interface ModuleSummary {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skip[];
  readonly durationMs: number;
}

/** What one run of Vitest did. */
export interface RunSummary {
  readonly modules: readonly ModuleSummary[];
  readonly unhandledErrors: number;
}

/** How one run of Vitest ended, summary or not. */
export interface RunOutcome {
  /** Absent if the process died before it could write one. */
  readonly summary: RunSummary | undefined;
  readonly exitCode: number;
}

/** Sums over all runs. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const longSuiteMs = 120_000;

/**
 * Add up the runs. A run that ended badly although no test of it failed (a crash, an error outside of any
 * test) counts as one failure, so that nothing ends green by not running.
 *
 * @param options.strict also count as a failure every skip that is not for a missing feature
 */
export function totals(
  outcomes: readonly RunOutcome[],
  options: { readonly strict: boolean },
): Totals {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const { summary, exitCode } of outcomes) {
    let failedHere = summary?.unhandledErrors ?? 0;
    for (const module of summary?.modules ?? []) {
      passed += module.passed;
      failedHere += module.failed;
      skipped += module.skipped.length;
    }
    failed += failedHere === 0 && exitCode !== 0 ? 1 : failedHere;
  }
  if (options.strict) {
    const forbidden = modulesOf(outcomes)
      .flatMap((module) => module.skipped)
      .filter(({ reason }) => !reason.startsWith(featureSkip)).length;
    failed += forbidden;
    skipped -= forbidden;
  }
  return { passed, failed, skipped };
}

/** Tell the exit code: 0 only if something ran and nothing failed. */
export function exitCodeFor({ passed, failed }: Totals): 0 | 1 {
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** Format the closing line that CI reads. */
export function closingLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** List the skips, one line a reason with the number of tests and the files it kept from running. */
export function skipReport(outcomes: readonly RunOutcome[]): string[] {
  const byReason = new Map<string, { count: number; files: Set<string> }>();
  for (const module of modulesOf(outcomes)) {
    for (const { reason } of module.skipped) {
      const entry = byReason.get(reason) ?? { count: 0, files: new Set() };
      entry.count++;
      entry.files.add(module.file);
      byReason.set(reason, entry);
    }
  }
  return [...byReason].map(
    ([reason, { count, files }]) =>
      `skipped ${count}: ${reason === '' ? 'no reason given' : reason} (${[...files].join(', ')})`,
  );
}

/** Name every test file that took over two minutes, with its share of the time of all. */
export function longSuites(outcomes: readonly RunOutcome[]): string[] {
  const modules = modulesOf(outcomes);
  const all = modules.reduce((sum, module) => sum + module.durationMs, 0);
  return modules
    .filter((module) => module.durationMs > longSuiteMs)
    .map(({ file, durationMs }) => {
      const share = Math.round((100 * durationMs) / all);
      return `slow: ${file} took ${Math.round(durationMs / 1000)} s, ${share} % of all test files`;
    });
}

function modulesOf(outcomes: readonly RunOutcome[]): readonly ModuleSummary[] {
  return outcomes.flatMap(({ summary }) => summary?.modules ?? []);
}
