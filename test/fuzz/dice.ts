/** Chance that comes out the same again: one for each case of a run. */
export interface Dice {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  /** True once in so many throws. */
  oneIn(count: number): boolean;
  /** One of a list that is not empty. */
  of<T>(list: readonly [T, ...T[]]): T;
  /** One of a list, if it has any. */
  any<T>(list: readonly T[]): T | undefined;
  bytes(length: number): Uint8Array;
}

/**
 * Make the dice of one case: mulberry32, begun at a hash of both numbers, so that a case needs none of those
 * before it.
 */
export function diceFor(seed: number, caseNumber: number): Dice {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(caseNumber + 1, 0xc2b2ae35);
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  const below = (limit: number): number => next() % limit;
  return {
    below,
    oneIn: (count) => below(count) === 0,
    of: (list) => list[below(list.length)] ?? list[0],
    any: (list) => list[below(list.length || 1)],
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  };
}
