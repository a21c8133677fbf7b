import { endedBy } from '../base/ended-by.ts';
import { CertError } from '../base/errors.ts';
import { seconds } from '../http/connect-error.ts';
import type { RetrievalRequest } from './retriever.ts';

/** Longest delay a Node timer takes; above it, it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Do work under the time limit and the signal of a request. When either ends it, the promise is rejected at
 * once, whatever a library still does; `work` is told by its signal, and closes what it holds.
 *
 * @throws {CertError} NETWORK_TIMEOUT
 * @throws the reason of the request's signal, when that is aborted
 */
export async function bounded<T>(
  request: RetrievalRequest,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { url, limits, signal } = request;
  signal?.throwIfAborted();
  const end = new AbortController();
  const timer = setTimeout(
    () => end.abort(outOfTime(url, limits.totalTimeoutMs)),
    Math.min(limits.totalTimeoutMs, MAX_TIMER_MS),
  );
  const abort = (): void => end.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await endedBy(end.signal, work);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function outOfTime(url: string, ms: number): CertError {
  return new CertError(
    'NETWORK_TIMEOUT',
    `Cannot fetch "${url}": not complete after ${seconds(ms)}`,
    {
      hint: 'Check that the server is well, and try again',
    },
  );
}
