import { vi } from 'vitest';
import type { Place } from './place.ts';

/** A ping that goes on until it is ended. */
export interface Pings {
  /**
   * Wait for one more answer, and end it.
   *
   * @returns how many were sent up to that one, and how many of these were not answered
   */
  end(): Promise<{ readonly sent: number; readonly lost: number }>;
}

/** How long traffic may be interrupted for when it is ended. */
const PATIENCE_MS = 10_000;

/** Ping every 20 ms from an address of one gateway to one behind the other, from the first answer on. */
export async function pings(from: Place, source: string, target: string): Promise<Pings> {
  const process = from.start('ping', ['-n', '-i', '0.02', '-I', source, target]);
  await process.says(/bytes from/);
  const answered = (): readonly number[] =>
    [...process.log().matchAll(/icmp_seq=(\d+) ttl/g)].map(([, seq]) => Number(seq));
  return {
    async end() {
      const before = answered().length;
      await vi.waitFor(
        () => {
          if (answered().length <= before) throw new Error(`no answer: ${process.log()}`);
        },
        { timeout: PATIENCE_MS, interval: 20 },
      );
      await process.stop('SIGINT');
      // What was sent after the last that was answered was still on its way.
      const numbers = new Set(answered());
      const sent = Math.max(...numbers);
      return { sent, lost: sent - numbers.size };
    },
  };
}
