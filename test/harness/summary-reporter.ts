import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { ModuleSummary, RunSummary } from './summary.ts';

/**
 * Write what a run did to the file named by `CERTKEEPER_SUMMARY`, for `scripts/test.ts` to add up over
 * both projects. Without that variable it does nothing.
 */
export const summaryReporter: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const file = process.env['CERTKEEPER_SUMMARY'];
    if (file === undefined) return;
    const summary: RunSummary = {
      modules: modules.map(summarize),
      unhandledErrors: unhandledErrors.length,
    };
    writeFileSync(file, JSON.stringify(summary));
  },
};

function summarize(module: TestModule): ModuleSummary {
  let passed = 0;
  // A file that cannot even be loaded has no tests that could fail: it counts as one failure itself.
  let failed = module.errors().length;
  const skipped: { name: string; reason: string }[] = [];
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') passed++;
    else if (result.state === 'failed') failed++;
    else if (result.state === 'skipped') {
      skipped.push({ name: test.fullName, reason: result.note ?? '' });
    }
  }
  // A hook that failed has tests that never ran: none of them says so.
  if (failed === 0 && module.state() === 'failed') failed = 1;
  const { collectDuration, setupDuration, duration } = module.diagnostic();
  return {
    file: module.relativeModuleId,
    passed,
    failed,
    skipped,
    durationMs: Math.round(collectDuration + setupDuration + duration),
  };
}
