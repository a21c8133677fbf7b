import type { Clock } from '../base/clock.ts';
import { endedBy } from '../base/ended-by.ts';

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
  try {
    return await endedBy(end.signal, work);
  } finally {
    over.abort();
    signal.removeEventListener('abort', abort);
  }
}

/** A deadline that somebody waits for. */
export interface Deadline {
  /** Aborted with the signal it was made from, or when the time is over. */
  readonly signal: AbortSignal;
  /** Nobody waits any more. Signals that were let go otherwise live until their time is over, with all they hold. */
  clear(): void;
}

/** Make a deadline of a signal and a time in milliseconds. */
export function deadlineOf(signal: AbortSignal, ms: number): Deadline {
  const end = new AbortController();
  const abort = (): void => end.abort(signal.reason);
  const timer = setTimeout(() => end.abort(new OutOfTime()), ms);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    signal: end.signal,
    clear() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}
