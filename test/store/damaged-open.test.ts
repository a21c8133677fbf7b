import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { CertError } from '../../src/base/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { scaled } from '../harness/effort.ts';
import { seeded } from '../harness/seeded.ts';
import { backup, opened, restored, scene } from './backup-scene.ts';
import { at, coded, imported, storeOptions } from './sample.ts';

/** Overwrite a page with what is no page. */
function overwrite(path: string, page: number): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
  closeSync(descriptor);
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** A closed store with three daily backups, of which the newest is no good. */
async function damaged(damage: (path: string) => void): Promise<{
  readonly state: string;
  readonly path: string;
  readonly good: string;
}> {
  const { store, state } = await scene();
  for (let n = 0; n < 60; n++) await imported(store, `c${n}`);
  const folder = join(state, 'backups');
  mkdirSync(folder, { mode: 0o700 });
  const [old, good, bad] = ['19', '20', '21'].map((day) => join(folder, `daily-2026-11-${day}.db`));
  if (old === undefined || good === undefined || bad === undefined) throw new Error('no backups');
  await store.care.backUp(backup(old));
  await store.care.backUp(backup(good, { at: at(20) }));
  copyFileSync(good, bad);
  overwrite(bad, 3);
  await store.close();
  const path = join(state, 'store.db');
  damage(path);
  return { state, path, good };
}

describe('a damaged store', () => {
  it.each([
    ['whose first page is overwritten', (path: string) => overwrite(path, 0)],
    ['that is empty', (path: string) => truncateSync(path, 0)],
    ['that is not there', (path: string) => rmSync(path)],
    ['that has lost all but its first page', (path: string) => truncateSync(path, 4096)],
    ['that is something else', (path: string) => writeFileSync(path, 'Dear'.repeat(5000))],
  ])('%s is left as it is, with the way to the last good backup', async (_, damage) => {
    const { state, path, good } = await damaged(damage);
    const before = existsSync(path) ? digestOf(path) : undefined;
    const use = async (): Promise<unknown> => {
      const store = await openStore(storeOptions(state));
      try {
        return await store.certificates.list();
      } finally {
        await store.close();
      }
    };
    await expect(use()).rejects.toMatchObject({
      ...coded('STORE_CORRUPT'),
      hint: `Restore the last good backup, of 2026-01-01T00:00:20Z: certkeeper store restore ${good}`,
    });
    expect(existsSync(path) ? digestOf(path) : undefined).toBe(before);
    await restored({ state, file: good });
    expect(await use()).toHaveLength(61);
  });

  it('is not written to any more once it has shown to be damaged', async () => {
    const { state, path, good } = await damaged(() => {});
    const store = await opened(state);
    for (let page = 4; page * 4096 < statSync(path).size; page++) overwrite(path, page);
    const hint = expect.stringContaining(good);
    await expect(store.certificates.list()).rejects.toMatchObject({ code: 'STORE_CORRUPT', hint });
    const before = digestOf(path);
    // A table that is whole, or would be empty.
    await expect(store.settings.set('any', 'thing')).rejects.toMatchObject(coded('STORE_CORRUPT'));
    await store.close();
    expect(digestOf(path)).toBe(before);
  });

  it('that is gone, with its write-ahead log left, is not begun anew', async () => {
    const { state, path } = await damaged(() => {});
    rmSync(join(state, 'backups'), { recursive: true });
    rmSync(path);
    writeFileSync(`${path}-wal`, 'what was committed last');
    await expect(openStore(storeOptions(state))).rejects.toMatchObject({
      ...coded('STORE_CORRUPT'),
      message: `Cannot open "${path}": it is not there, and "${path}-wal" is of a store that was`,
      hint: expect.stringContaining('elsewhere first'),
    });
    expect(readFileSync(`${path}-wal`, 'utf8')).toBe('what was committed last');
  });

  it('of which the write-ahead log is damaged is as it was before what cannot be read, or refused', async () => {
    const { store, state } = await scene();
    for (let n = 0; n < 30; n++) await imported(store, `c${n}`);
    const counts = new Set<number>();
    for (let seed = 1; seed <= scaled(12); seed++) {
      // As after a power cut: nobody has closed it.
      const copy = `${state}-${seed}`;
      cpSync(state, copy, { recursive: true });
      rmSync(join(copy, 'store.db-shm'));
      const random = seeded(seed);
      const log = join(copy, 'store.db-wal');
      const descriptor = openSync(log, 'r+');
      for (let n = 0; n < 1 + random.below(3); n++) {
        writeSync(descriptor, random.bytes(64), 0, 64, random.below(statSync(log).size - 64));
      }
      closeSync(descriptor);
      const outcome = await openStore(storeOptions(copy)).then(
        async (each) => {
          const damage = await each.care.findDamage();
          counts.add((await each.certificates.list()).length);
          await each.close();
          return damage;
        },
        (error: unknown) => (error instanceof CertError ? error.code : error),
      );
      expect([[], 'STORE_CORRUPT']).toContainEqual(outcome);
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(31);
    expect(counts.size).toBeGreaterThan(3);
  });
});
