import type { Clock } from '../base/clock.ts';

/** Why work was ended that took too long. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';
}

/**
 * Do work within a time and under a signal. When either ends it, the promise is rejected at once, whatever a library
 * still does; `work` is told by its signal, and closes what it holds.
 *
 * @param ms for all of it
 * @throws {OutOfTime}
 * @throws the reason of `signal`, when that is aborted
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const end = new AbortController();
  const over = new AbortController();
  const abort = (): void => end.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  clock.sleep(ms, over.signal).then(
    () => end.abort(new OutOfTime()),
    // Over before its time.
    () => {},
  );
  const ended = Promise.withResolvers<never>();
  // The race may be over by then.
  ended.promise.catch(() => {});
  end.signal.addEventListener('abort', () => ended.reject(end.signal.reason), { once: true });
  try {
    return await Promise.race([ended.promise, work(end.signal)]);
  } catch (error) {
    // Why it was ended says more than what then broke.
    end.signal.throwIfAborted();
    throw error;
  } finally {
    over.abort();
    signal.removeEventListener('abort', abort);
  }
}
