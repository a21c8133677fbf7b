/**
 * The time, handed in: nothing below the composition root reads a clock or sets a timer.
 * Tests pass a clock they can move.
 */
export interface Clock {
  now(): Date;
  /** Wait; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
