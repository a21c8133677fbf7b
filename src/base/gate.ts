/** Lets so many through at a time, in the order in which they came. */
export interface Gate {
  through<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Make a gate.
 *
 * @param atOnce how many; a function is asked again whenever somebody comes or goes
 */
export function gate(atOnce: number | (() => number)): Gate {
  const width = typeof atOnce === 'number' ? () => atOnce : atOnce;
  let inside = 0;
  const waiting: (() => void)[] = [];
  const admit = (): void => {
    while (waiting.length > 0 && inside < width()) {
      inside++;
      waiting.shift()?.();
    }
  };
  return {
    async through(work) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        admit();
      });
      try {
        return await work();
      } finally {
        inside--;
        admit();
      }
    },
  };
}
