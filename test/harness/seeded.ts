/** Numbers that are the same in every run with the same seed. */
export interface Seeded {
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number;
  bytes(length: number): Uint8Array;
  pick<T>(values: readonly [T, ...T[]]): T;
}

/** Make a seeded generator (mulberry32): reproducible cases, never secrets. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => next() % bound;
  return {
    below,
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
    pick: (values) => values[below(values.length)] ?? values[0],
  };
}
