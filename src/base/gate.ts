/** Lets so many through at a time, in the order in which they came. */
export interface Gate {
  through<T>(work: () => Promise<T>): Promise<T>;
}

/** Make a gate. */
export function gate(atOnce: number): Gate {
  let inside = 0;
  const waiting: (() => void)[] = [];
  return {
    async through(work) {
      if (inside >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
      else inside++;
      try {
        return await work();
      } finally {
        // Whoever is next takes the place over; only without one it becomes free.
        const next = waiting.shift();
        if (next === undefined) inside--;
        else next();
      }
    },
  };
}
