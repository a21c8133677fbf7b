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
    read: (path) => at(path, () => real.read(path)),
    makeDirectory: (path, mode, parents) => at(path, () => real.makeDirectory(path, mode, parents)),
    // A file that was begun and not finished is there all the same.
    async writeNew(path, content, { mode }) {
      const half = content.subarray(0, content.length / 2);
      await at(path, () => writeFile(path, half, { mode, flag: 'wx' }));
      await at(path, () => writeFile(path, content));
    },
    duplicate: (from, to) => at(to, () => real.duplicate(from, to)),
    rename: (from, to) => at(to, () => real.rename(from, to)),
    remove: (path) => at(path, () => real.remove(path)),
    removeAll: (path) => at(path, () => real.removeAll(path)),
    syncDirectory: (path) => at(path, async () => {}),
  };
}

/** The real file system, unsynced, with something done just before the call of this number, from 1. */
export function interruptedFs(call: number, interrupt: () => Promise<void>): DeliveryFs {
  let calls = 0;
  const real = failingFs();
  const before = async (): Promise<void> => {
    calls += 1;
    if (calls === call) await interrupt();
  };
  return {
    status: async (path) => (await before(), real.status(path)),
    targetStatus: async (path) => (await before(), real.targetStatus(path)),
    read: async (path) => (await before(), real.read(path)),
    makeDirectory: async (...args) => (await before(), real.makeDirectory(...args)),
    writeNew: async (...args) => (await before(), real.writeNew(...args)),
    duplicate: async (...args) => (await before(), real.duplicate(...args)),
    rename: async (...args) => (await before(), real.rename(...args)),
    remove: async (path) => (await before(), real.remove(path)),
    removeAll: async (path) => (await before(), real.removeAll(path)),
    syncDirectory: async (path) => (await before(), real.syncDirectory(path)),
  };
}
