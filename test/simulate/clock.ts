import type { Clock } from '../../src/base/clock.ts';

/** The time of a simulated world; nothing in it takes time but what moves this. */
export interface WorldClock {
  /** Epoch milliseconds, as it is. */
  readonly nowMs: number;
  /** How far the gateway's clock is off. */
  offsetMs: number;
  advance(ms: number): void;
  /** What the gateway reads; a sleep moves the time on. */
  readonly ours: Clock;
  /** What the CA reads, whose clock is right. */
  readonly theirs: Clock;
}

/** Start the time. */
export function worldClock(start: Date): WorldClock {
  let nowMs = start.getTime();
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    nowMs += Math.max(0, ms);
  };
  const world = {
    offsetMs: 0,
    get nowMs() {
      return nowMs;
    },
    advance(ms: number) {
      nowMs += Math.max(0, Math.ceil(ms));
    },
    ours: { now: () => new Date(nowMs + world.offsetMs), sleep },
    theirs: { now: () => new Date(nowMs), sleep },
  };
  return world;
}
