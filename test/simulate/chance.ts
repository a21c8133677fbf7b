import { Violation } from './violation.ts';
import { seeded, type Seeded } from '../harness/seeded.ts';

/** Everything that happens by chance in a simulated world: the same in every run with the same seed. */
export interface Chance extends Seeded {
  /** Tell whether something happens that does in one of so many cases. */
  oneIn(cases: number): boolean;
  /** A whole number between two, both included. */
  between(least: number, most: number): number;
  /** How long until something happens that does every so often. */
  wait(meanMs: number): number;
}

/** Make the chance of one thing in a world: what is drawn for one thing does not change what is drawn for another. */
export function chance(seed: number, ...what: readonly (string | number)[]): Chance {
  const source = seeded(hash(`${seed} ${what.join(' ')}`));
  const fraction = (): number => (source.below(2 ** 31) + 1) / 2 ** 31;
  return {
    ...source,
    oneIn: (cases) => source.below(cases) === 0,
    between: (least, most) => least + source.below(most - least + 1),
    wait: (meanMs) => Math.ceil(-Math.log(fraction()) * meanMs),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}

/** Take a list for one that something can be picked from. */
export function nonEmpty<T>(values: readonly T[]): readonly [T, ...T[]] {
  const [first, ...others] = values;
  if (first === undefined) throw new Violation('nothing is left to choose from');
  return [first, ...others];
}
