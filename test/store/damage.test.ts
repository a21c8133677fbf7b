import { mkdtempSync, openSync, rmSync, statSync, writeSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

function open(directory: string): Promise<Store> {
  return openStore({
    directory,
    clock: { sleep: async () => {} },
    random: { bytes: (length) => new Uint8Array(length).fill(7) },
  });
}

it('finds nothing in a whole database, and says what is wrong with one that a disk has damaged', async () => {
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-damage-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const directory = join(home, 'state');
  const store = await open(directory);
  for (let at = 0; at < 200; at++) {
    const name = parseLabel(`n${at}`, 'name');
    await store.nameSettings.set(name, 'auto-update-days', '30');
  }
  expect(await store.care.findDamage()).toStrictEqual([]);
  await store.close();

  const path = join(directory, 'store.db');
  // The last pages hold what was written last.
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(8192, 0x5a), 0, 8192, statSync(path).size - 8192);
  closeSync(file);
  const damaged = await open(directory);
  expect((await damaged.care.findDamage()).length).toBeGreaterThan(0);
  await damaged.close();
});

it('finds what is in the database and not of certkeeper, and what is missing in it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-damage-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const directory = join(home, 'state');
  const store = await open(directory);
  onTestFinished(() => store.close());
  const other = new Sqlite(join(directory, 'store.db'));
  other.exec(`DROP TRIGGER audit_stays; ANALYZE;
    CREATE TRIGGER quiet BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END`);
  other.close();
  expect(await store.care.findDamage()).toStrictEqual([
    'trigger "audit_stays" is missing',
    'trigger "quiet" is not certkeeper\'s',
  ]);
  const at = new Date(0);
  const path = join(home, 'a.db');
  await expect(store.care.backUp({ path, isReplacing: false, withKey: false, at })).rejects.toThrow(
    'trigger "quiet" is not certkeeper',
  );
});
