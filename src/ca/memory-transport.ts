import type { Transport } from '../cmp/transport/transport.ts';

/**
 * Join client and lab in one process. What a signal takes from the client the lab has all the same, as
 * over a network.
 */
export function memoryTransport(handle: (der: Uint8Array) => Promise<Uint8Array>): Transport {
  return {
    async exchange(der, signal) {
      signal?.throwIfAborted();
      // A copy: neither side sees what the other does to its octets afterwards.
      const answer = handle(Uint8Array.from(der));
      return Uint8Array.from(await (signal ? unlessAborted(answer, signal) : answer));
    },
    async close() {},
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
