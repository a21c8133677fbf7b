import { describe, expect, it } from 'vitest';
import {
  closingLine,
  exitCodeFor,
  longSuites,
  type ModuleSummary,
  type RunOutcome,
  skipReport,
  totals,
} from './summary.ts';

const lenient = { strict: false };

function outcome(module: Partial<ModuleSummary>, exitCode = 0): RunOutcome {
  const whole = { file: 'test/a.test.ts', passed: 0, failed: 0, skipped: [], durationMs: 10 };
  return { summary: { modules: [{ ...whole, ...module }], unhandledErrors: 0 }, exitCode };
}

const skips = [
  { name: 'polls', reason: 'Debian package "openssl" is missing' },
  { name: 'tunnels', reason: 'Feature "tun" is missing, probe: x' },
  { name: 'later', reason: '' },
];

describe('totals()', () => {
  it('adds up both projects into the closing line', () => {
    const sums = totals([outcome({ passed: 2 }), outcome({ passed: 3, skipped: skips })], lenient);
    expect(closingLine(sums)).toBe('5 passed, 0 failed, 3 skipped');
    expect(exitCodeFor(sums)).toBe(0);
  });

  it('counts a run that died without a summary as a failure', () => {
    const sums = totals([outcome({ passed: 2 }), { summary: undefined, exitCode: 1 }], lenient);
    expect(sums.failed).toBe(1);
    expect(exitCodeFor(sums)).toBe(1);
  });

  it('counts a run that ended badly with every test passed as a failure', () => {
    expect(totals([outcome({ passed: 2 }, 1)], lenient).failed).toBe(1);
    expect(totals([outcome({ failed: 2 }, 1)], lenient).failed).toBe(2);
  });

  it('turns every skip that is not for a missing feature into a failure in CI', () => {
    const sums = totals([outcome({ passed: 1, skipped: skips })], { strict: true });
    expect(sums).toEqual({ passed: 1, failed: 2, skipped: 1 });
  });
});

describe('exitCodeFor()', () => {
  it('is 1 when nothing ran at all', () => {
    expect(exitCodeFor({ passed: 0, failed: 0, skipped: 5 })).toBe(1);
  });
});

describe('skipReport()', () => {
  it('lists each reason once with its count', () => {
    const twice = [outcome({ skipped: skips }), outcome({ file: 'b', skipped: skips.slice(2) })];
    expect(skipReport(twice)).toEqual([
      'skipped 1: Debian package "openssl" is missing (test/a.test.ts)',
      'skipped 1: Feature "tun" is missing, probe: x (test/a.test.ts)',
      'skipped 2: no reason given (test/a.test.ts, b)',
    ]);
  });
});

describe('longSuites()', () => {
  it('names a file over two minutes with its share, and only such a file', () => {
    const runs = [outcome({ file: 'slow', durationMs: 150_000 }), outcome({ durationMs: 50_000 })];
    expect(longSuites(runs)).toEqual(['slow: slow took 150 s, 75 % of all test files']);
  });
});
