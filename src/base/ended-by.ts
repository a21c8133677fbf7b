/**
 * Do work until a signal ends it. Then the promise is rejected with the signal's reason at once, whatever a library still
 * does; `work` is told by the same signal, and closes what it holds. What breaks because it was ended is not told: why it
 * was says more.
 *
 * @throws the reason of `end`, when that is aborted
 */
export async function endedBy<T>(
  end: AbortSignal,
  work: (end: AbortSignal) => Promise<T>,
): Promise<T> {
  end.throwIfAborted();
  const ended = Promise.withResolvers<never>();
  // The race may be over by then.
  ended.promise.catch(() => {});
  const stop = (): void => ended.reject(end.reason);
  end.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([ended.promise, work(end)]);
  } catch (error) {
    end.throwIfAborted();
    throw error;
  } finally {
    end.removeEventListener('abort', stop);
  }
}
