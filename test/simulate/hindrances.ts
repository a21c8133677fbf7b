import type { FaultKind } from './faults.ts';

/** What keeps certificates from being renewed, and since when nothing does. */
export interface Hindrances {
  /** @param ca the only one it is about */
  begin(kind: FaultKind, ca: string | undefined): void;
  end(kind: FaultKind, nowMs: number): void;
  /**
   * Since when nothing is in the way of what asks a CA, in epoch milliseconds; absent while something is.
   *
   * @param ca absent: of any
   */
  clearSince(ca: string | undefined): number | undefined;
}

/** Begin to watch: nothing is in the way. */
export function watchHindrances(cas: readonly string[], nowMs: number): Hindrances {
  const active = new Map<FaultKind, string | undefined>();
  const since = new Map<string, number | undefined>(cas.map((ca) => [ca, nowMs]));
  const isHindered = (ca: string): boolean =>
    [...active.values()].some((each) => each === undefined || each === ca);
  return {
    begin(kind, about) {
      active.set(kind, about);
      for (const ca of cas) if (isHindered(ca)) since.set(ca, undefined);
    },
    end(kind, at) {
      active.delete(kind);
      for (const ca of cas) if (!isHindered(ca)) since.set(ca, since.get(ca) ?? at);
    },
    clearSince(ca) {
      if (ca !== undefined) return since.get(ca);
      const times = [...since.values()];
      return times.includes(undefined) ? undefined : Math.max(...times.map((at) => at ?? 0));
    },
  };
}
