/**
 * Find the word an operator probably meant: the only one of the candidates that begins so, else the nearest by
 * Damerau-Levenshtein distance, if it is near enough for its length.
 */
export function suggest(typed: string, candidates: Iterable<string>): string | undefined {
  const words = new Set(candidates);
  const [only, ...others] = [...words].filter((word) => word.startsWith(typed.toLowerCase()));
  if (only !== undefined && others.length === 0 && typed.length >= 2) return only;
  const allowed = typed.length <= 3 ? 1 : typed.length <= 8 ? 2 : 3;
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of words) {
    const distance = editDistance(typed.toLowerCase(), word.toLowerCase());
    // Of the same length as the distance, they have nothing in common.
    if (distance === Math.max(typed.length, word.length)) continue;
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) best = { word, distance };
  }
  return best?.word;
}

/** Count the insertions, deletions, substitutions and swaps of neighbours between two words. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Infinity;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let distance = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, at(beforeLast, j - 2) + 1);
      }
      row.push(distance);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
