import type { Place, PlacedProcess } from './place.ts';

/** A ping that goes on until it is ended. */
export interface Pings {
  /** @returns how many were sent, and how many of these were not answered */
  end(): Promise<{ readonly sent: number; readonly lost: number }>;
}

/** Ping every 20 ms from an address of one gateway to one behind the other, from the first answer on. */
export async function pings(from: Place, source: string, target: string): Promise<Pings> {
  const process = pinging(from, ['-n', '-i', '0.02', '-I', source, target]);
  await process.says(/bytes from/);
  return {
    async end() {
      await process.stop('SIGINT');
      const [, sent, received] =
        /(\d+) packets transmitted, (\d+) received/.exec(process.log()) ?? [];
      if (sent === undefined || received === undefined) throw new Error(process.log());
      return { sent: Number(sent), lost: Number(sent) - Number(received) };
    },
  };
}

function pinging(from: Place, argv: readonly string[]): PlacedProcess {
  return from.start('ping', argv);
}
