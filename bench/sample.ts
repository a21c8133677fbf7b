/** The runs of one figure: median and spread. */
export interface Sample {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: readonly number[];
}

/** Sum up runs. */
export function sampleOf(runs: readonly number[]): Sample {
  const sorted = runs.toSorted((a, b) => a - b);
  const middle = sorted.slice(
    Math.floor((sorted.length - 1) / 2),
    Math.floor(sorted.length / 2) + 1,
  );
  const median = middle.reduce((sum, value) => sum + value, 0) / middle.length;
  return { median, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN, runs };
}

/** What a figure should come to. */
export type Goal =
  | { readonly atLeast: number }
  | { readonly atMost: number }
  /** Of our side alone, whatever stands beside it. */
  | { readonly oursAtMost: number };

/** One figure: ours beside theirs, and what they come to together. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: Sample;
  readonly theirs: Sample;
  /** What `theirs` is of. */
  readonly against: string;
  /** Compared run by run, so that a machine whose speed drifts does not matter much. */
  readonly comparison: 'ratio' | 'difference';
  readonly compared: Sample;
  readonly goal?: Goal;
}

/** What is measured of one figure. */
export interface Measured extends Omit<Figure, 'ours' | 'theirs' | 'compared' | 'comparison'> {
  readonly comparison?: Figure['comparison'];
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** Make a figure of runs that were taken in turn, the n-th of ours beside the n-th of theirs. */
export function figureOf({ ours, theirs, comparison = 'ratio', ...rest }: Measured): Figure {
  const compared = ours.map((value, i) => {
    const other = theirs[i] ?? NaN;
    return comparison === 'ratio' ? value / other : value - other;
  });
  return {
    ...rest,
    comparison,
    ours: sampleOf(ours),
    theirs: sampleOf(theirs),
    compared: sampleOf(compared),
  };
}

/** Tell whether the median meets the goal; undefined without one. */
export function isMet({ goal, compared, ours }: Figure): boolean | undefined {
  if (!goal) return undefined;
  if ('oursAtMost' in goal) return ours.median <= goal.oursAtMost;
  return 'atLeast' in goal ? compared.median >= goal.atLeast : compared.median <= goal.atMost;
}
