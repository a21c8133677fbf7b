import { isMet, type Figure, type Goal, type Sample } from './sample.ts';

/** Put figures into a text: ours, theirs, what they come to, and the goal. */
export function formatFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    `${figure.name} [${figure.unit}]`,
    formatSample(figure.ours),
    `${formatSample(figure.theirs)} ${figure.against}`,
    formatCompared(figure),
    verdict(figure),
  ]);
  return formatRows([['', 'certkeeper', 'beside', 'compared', 'goal'], ...rows]);
}

/** Put figures into what `--json` gives. */
export function figuresJson(figures: readonly Figure[]): unknown {
  return figures.map((figure) => {
    const met = isMet(figure);
    return { ...figure, ...(met !== undefined && { met }) };
  });
}

function formatCompared({ comparison, compared }: Figure): string {
  if (Number.isNaN(compared.median)) return '';
  const format = (value: number): string =>
    comparison === 'ratio' ? value.toFixed(2) : `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
  return `${format(compared.median)} (${format(compared.min)} to ${format(compared.max)})`;
}

function verdict(figure: Figure): string {
  const { goal, comparison } = figure;
  if (!goal) return '';
  return `${goalText(goal, comparison)} ${isMet(figure) ? 'met' : 'MISSED'}`;
}

function goalText(goal: Goal, comparison: Figure['comparison']): string {
  if ('oursAtMost' in goal) return `certkeeper <= ${goal.oursAtMost}`;
  const sign = comparison === 'difference' ? '+' : '';
  return 'atLeast' in goal ? `>= ${sign}${goal.atLeast}` : `<= ${sign}${goal.atMost}`;
}

function formatSample({ median, min, max }: Sample): string {
  if (Number.isNaN(median)) return '';
  return `${formatNumber(median)} (${formatNumber(min)}-${formatNumber(max)})`;
}

function formatNumber(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : value.toFixed(value >= 100 ? 0 : 2);
}

function formatRows(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  return rows
    .map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}
