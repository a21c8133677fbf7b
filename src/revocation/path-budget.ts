import type { PathLimits } from './path-inputs.ts';

/** What is counted down while a path is looked for. */
export type Spending = 'candidates' | 'signatureChecks' | 'diagnosticChecks' | 'nameComparisons';

/** What a search may still spend. */
export interface PathBudget {
  /** Take one; false when nothing is left. */
  spend(what: Spending): boolean;
  /** How much is left: what tests count by. */
  left(what: Spending): number;
}

/** Open the budget of one search. */
export function openBudget(limits: PathLimits): PathBudget {
  const left: Record<Spending, number> = {
    candidates: limits.candidates,
    signatureChecks: limits.signatureChecks,
    diagnosticChecks: limits.diagnosticChecks,
    nameComparisons: limits.nameComparisons,
  };
  return {
    spend(what) {
      if (left[what] <= 0) return false;
      left[what]--;
      return true;
    },
    left: (what) => left[what],
  };
}
