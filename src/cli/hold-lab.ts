import { livenessOf, thisProcess } from '../agent/process-identity.ts';
import { systemClock } from '../agent/system-clock.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { printable } from '../base/printable.ts';
import type { Log } from '../base/log.ts';
import { openLedger } from '../ca/ledger.ts';

/**
 * Run a lab while no other runs in its directory; one that was killed holds nothing. The commands about a lab that
 * runs need no hold.
 *
 * @throws {CertError} IN_PROGRESS, naming the one that runs; and those of the ledger
 */
export async function holdingLab<T>(
  directory: string,
  log: Log,
  work: () => Promise<T>,
): Promise<T> {
  const ledger = await openLedger(directory, systemClock);
  try {
    const own = { ...thisProcess(), since: systemClock.now() };
    const held = await ledger.hold(own, (other) => livenessOf(other) === 'alive');
    if (held.type === 'refused') {
      const { pid, since } = held.by;
      throw new CertError(
        'IN_PROGRESS',
        `Cannot run a lab in "${directory}": process ${pid} runs one there since ${formatTime(since)}`,
        { hint: 'Use that one, end it, or name another directory with dir DIR' },
      );
    }
    const { before } = held;
    // Nothing can be told of one in another container, and after a kill nobody could say that it is over.
    if (before && livenessOf(before) === 'unknown') {
      log.warn(
        `a lab of process ${before.pid} on ${printable(before.host)} was not ended, and may still run in this directory`,
      );
    }
    try {
      return await work();
    } finally {
      await ledger.release(own);
    }
  } finally {
    await ledger.close();
  }
}
