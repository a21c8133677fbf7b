import { chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import type { CertError } from '../../src/base/errors.ts';
import { openStore } from '../../src/store/open.ts';
import { backup, opened, prepared, restored, scene } from './backup-scene.ts';
import { coded, imported, storeOptions } from './sample.ts';

describe('the store that a restore takes the place of', () => {
  it('keeps the store as it was each time, and the key of that time beside it, until there are too many', async () => {
    const { store, file, state } = await scene();
    await store.care.backUp(backup(file, { withKey: true }));
    await store.close();
    const database = join(state, 'store.db.before-restore');
    for (const which of ['', '.2', '.3', '.4', '.5', '.6', '.7', '.8', '.9']) {
      const now = await opened(state);
      const name = `before${which}`;
      await imported(now, name);
      if (which !== '.3') await now.care.rekey({ isDataKeyNew: false });
      await now.close();
      const key = readFileSync(join(state, 'store.key'));
      const restore = await prepared({ state, file });
      expect(restore.kept).toBe(`${database}${which}`);
      expect(await restore.commit()).toBe(`${database}${which}`);
      restore.close();
      const kept = new Sqlite(`${database}${which}`, { readonly: true });
      expect(kept.prepare('SELECT 1 FROM certificates WHERE name = ?').all(name)).toHaveLength(1);
      kept.close();
      const keptKey = join(state, `store.key.before-restore${which}`);
      expect(existsSync(keptKey) ? readFileSync(keptKey) : 'none').toStrictEqual(
        which === '.3' ? 'none' : key,
      );
    }
    await expect(prepared({ state, file })).rejects.toMatchObject({
      ...coded('STORE_UNWRITABLE'),
      message: expect.stringContaining('9 earlier ones are kept'),
      hint: expect.stringContaining(`${database}.9`),
    });
    // The place of what was removed by hand is free again; of a pair, both.
    rmSync(`${database}.4`);
    await expect(prepared({ state, file })).rejects.toMatchObject(coded('STORE_UNWRITABLE'));
    rmSync(join(state, 'store.key.before-restore.4'));
    expect((await prepared({ state, file })).kept).toBe(`${database}.4`);
  });

  it.each([
    ['whose write-ahead log is needed', (path: string) => writeFileSync(path, 'x'.repeat(9000))],
    // Without its write-ahead log it would open, as it was before.
    ['whose write-ahead log is the damage', () => {}],
  ])(
    'can be run again, wherever it was ended in the place of a damaged store %s',
    async (_what, spoil) => {
      const { store, file, state: first, keyId, privateKey } = await scene();
      await store.care.backUp(backup(file, { withKey: true }));
      await store.close();
      let isInterrupted = true;
      for (let nth = 1; isInterrupted; nth++) {
        const state = `${first}-${nth}`;
        cpSync(first, state, { recursive: true });
        chmodSync(state, 0o700);
        spoil(join(state, 'store.db'));
        damagedLog(state);
        const [database, log] = ['store.db', 'store.db-wal'].map((name) =>
          readFileSync(join(state, name)),
        );
        let left = nth;
        const onFileChange = (): void => {
          if (--left === 0) throw new Error('ended here');
        };
        isInterrupted = await restored({ state, file }, { onFileChange }).then(
          () => false,
          () => true,
        );
        const kept = join(state, 'store.db.before-restore');
        // Either it is the backup already, or it opens in no other way than by the same again.
        const found = await openStore(storeOptions(state)).then(
          async (now) => {
            await now.close();
            return 'the backup';
          },
          ({ code, hint }: CertError) => `${code}: ${hint ?? ''}`,
        );
        expect(found).toMatch(/^the backup$|^STORE_CORRUPT: .*store restore/);
        await restored({ state, file });
        expect(await (await opened(state)).keys.privateKey(keyId)).toStrictEqual(privateKey);
        expect(readFileSync(kept)).toStrictEqual(database);
        expect(readFileSync(`${kept}-wal`)).toStrictEqual(log);
      }
    },
  );
});

/** Put a write-ahead log beside the database of which a checksum is right, and the page is not. */
function damagedLog(state: string): void {
  const path = join(state, 'store.db');
  const page = readFileSync(path).subarray(0, 4096);
  page.fill(0x5a, 100);
  writeFileSync(`${path}-wal`, writeAheadLog(page), { mode: 0o600 });
}

/** One frame that replaces the first page, as https://sqlite.org/fileformat2.html#walformat has it. */
function writeAheadLog(page: Uint8Array): Uint8Array {
  const octets = new Uint8Array(32 + 24 + page.length);
  const view = new DataView(octets.buffer);
  octets.set(page, 56);
  let [s0, s1] = [0, 0];
  const sum = (from: number, to: number): void => {
    for (let at = from; at < to; at += 8) {
      s0 = (s0 + view.getUint32(at) + s1) >>> 0;
      s1 = (s1 + view.getUint32(at + 4) + s0) >>> 0;
    }
  };
  // Big-endian checksums, format, page size, checkpoint, two salts; then page number, pages in all, the salts.
  [0x377f0683, 3_007_000, page.length, 0, 1, 2].forEach((word, n) => view.setUint32(n * 4, word));
  sum(0, 24);
  [s0, s1].forEach((word, n) => view.setUint32(24 + n * 4, word));
  [1, 1, 1, 2].forEach((word, n) => view.setUint32(32 + n * 4, word));
  sum(32, 40);
  sum(56, octets.length);
  [s0, s1].forEach((word, n) => view.setUint32(48 + n * 4, word));
  return octets;
}
