import { writeFile } from 'node:fs/promises';
import { nodeDeliveryFs, type DeliveryFs } from '../../src/deploy/delivery-fs.ts';

/** What goes wrong at one call: that call alone, or it and all that follow, as after kill -9. */
export type Fault = 'once' | 'for ever';

/** A file system that counts its calls and fails at those it is told to. */
export interface FailingFs extends DeliveryFs {
  calls(): number;
}

/**
 * Put faults, by number of the call from 1, in front of the real file system. Nothing is synced, so that
 * hundreds of deliveries take a second.
 */
export function failingFs(faults: ReadonlyMap<number, Fault> = new Map()): FailingFs {
  let calls = 0;
  let isDead = false;
  async function at<T>(path: string, work: () => Promise<T>): Promise<T> {
    calls += 1;
    const fault = faults.get(calls);
    if (fault === 'for ever') isDead = true;
    if (isDead || fault === 'once') {
      throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', path });
    }
    return await work();
  }
  const real = nodeDeliveryFs;
  return {
    calls: () => calls,
    status: (path) => at(path, () => real.status(path)),
    targetStatus: (path) => at(path, () => real.targetStatus(path)),
    readText: (path) => at(path, () => real.readText(path)),
    makeDirectory: (path, mode, parents) => at(path, () => real.makeDirectory(path, mode, parents)),
    // A file that was begun and not finished is there all the same.
    async writeNew(path, text, mode) {
      await at(path, () => writeFile(path, text.slice(0, text.length / 2), { mode, flag: 'wx' }));
      await at(path, () => writeFile(path, text));
    },
    duplicate: (from, to) => at(to, () => real.duplicate(from, to)),
    rename: (from, to) => at(to, () => real.rename(from, to)),
    remove: (path) => at(path, () => real.remove(path)),
    removeAll: (path) => at(path, () => real.removeAll(path)),
    syncDirectory: (path) => at(path, async () => {}),
  };
}
