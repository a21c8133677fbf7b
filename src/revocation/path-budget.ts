import type { PathLimits } from './path-inputs.ts';

/** What is counted down while a path is looked for. */
export type Spending =
  | 'candidates'
  | 'paths'
  | 'signatureChecks'
  | 'diagnosticChecks'
  | 'nameComparisons'
  | 'policyNodes';

/** What a search may still spend. */
export interface PathBudget {
  /** Take one, or more; false when so much is not left. */
  spend(what: Spending, count?: number): boolean;
  /** How much is left: what tests count by. */
  left(what: Spending): number;
}

/** Open the budget of one search. */
export function openBudget(limits: PathLimits): PathBudget {
  const left: Record<Spending, number> = {
    candidates: limits.candidates,
    paths: limits.paths,
    signatureChecks: limits.signatureChecks,
    diagnosticChecks: limits.diagnosticChecks,
    nameComparisons: limits.nameComparisons,
    policyNodes: limits.policyNodes,
  };
  return {
    spend(what, count = 1) {
      if (left[what] < count) return false;
      left[what] -= count;
      return true;
    },
    left: (what) => left[what],
  };
}
