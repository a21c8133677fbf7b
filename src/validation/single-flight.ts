/** Does the same work once for all who want it at the same time. */
export interface SingleFlight<T> {
  /**
   * Join the work of a key, or begin it. It is ended when all who wait for it have gone.
   *
   * @throws the reason of `signal`, when that is aborted; the others go on waiting
   */
  join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly end: AbortController;
  waiting: number;
}

/** Make it. */
export function singleFlight<T>(): SingleFlight<T> {
  const flights = new Map<string, Flight<T>>();
  const begin = (key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> => {
    const end = new AbortController();
    const flight: Flight<T> = {
      end,
      waiting: 0,
      result: work(end.signal).finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      }),
    };
    // Everybody may have gone by then.
    flight.result.catch(() => {});
    flights.set(key, flight);
    return flight;
  };
  return {
    async join(key, signal, work) {
      signal.throwIfAborted();
      const flight = flights.get(key) ?? begin(key, work);
      flight.waiting++;
      const gone = Promise.withResolvers<never>();
      gone.promise.catch(() => {});
      const leave = (): void => gone.reject(signal.reason);
      signal.addEventListener('abort', leave, { once: true });
      // It may be while the work begins.
      if (signal.aborted) leave();
      try {
        return await Promise.race([gone.promise, flight.result]);
      } finally {
        signal.removeEventListener('abort', leave);
        if (--flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key);
          // Of no effect when it is done.
          flight.end.abort(signal.reason);
        }
      }
    },
  };
}
