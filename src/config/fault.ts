/** One thing that is wrong with a configuration file. */
export interface Fault {
  /** From 1. */
  readonly line: number;
  /** The key it is about, from the top: `ca.rootA.url`; empty for the file as a whole. */
  readonly key: string;
  /** Why, without a secret. */
  readonly why: string;
  readonly hint?: string;
}

/** Where something stands in a file: its keys from the top, and numbers in a list. */
export type Path = readonly (string | number)[];

/** Write a path as messages have it. */
export function formatPath(path: Path): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step + 1}]` : i === 0 ? step : `.${step}`))
    .join('');
}

/** Write a fault as one line. */
export function formatFault({ line, key, why, hint }: Fault): string {
  return `line ${line}${key === '' ? '' : `, ${key}`}: ${why}${hint === undefined ? '' : ` (${hint})`}`;
}

/** Collects faults, each once, in the order of the file. */
export interface Faults {
  readonly list: () => readonly Fault[];
  add(path: Path, why: string, hint?: string): void;
}

/**
 * Make a list of faults.
 *
 * @param lineOf on which line a path stands
 * @param before those that are known
 */
export function collectFaults(
  lineOf: (path: Path) => number,
  before: readonly Fault[] = [],
): Faults {
  const found = new Map(before.map((fault) => [formatFault(fault), fault]));
  return {
    list: () => [...found.values()].toSorted((a, b) => a.line - b.line),
    add(path, why, hint) {
      const fault = {
        line: lineOf(path),
        key: formatPath(path),
        why,
        ...(hint !== undefined && { hint }),
      };
      found.set(formatFault(fault), fault);
    },
  };
}
