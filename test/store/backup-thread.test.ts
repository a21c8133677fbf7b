import { existsSync, openSync, closeSync, readdirSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { opened, prepared, scene } from './backup-scene.ts';
import { at, coded, imported } from './sample.ts';

it('writes a backup in a thread of its own, while the store goes on being written', async () => {
  const { store, file, state } = await scene();
  const progress = { isDone: false };
  const making = store.care.backUpAside({ path: file, at: at(7) }).finally(() => {
    progress.isDone = true;
  });
  let written = 0;
  while (!progress.isDone) {
    await imported(store, `during-${written++}`);
    await turn();
  }
  const { counts, octets } = await making;
  expect(written).toBeGreaterThan(1);
  expect(counts).toMatchObject({ keys: expect.any(Number), transactions: 1 });
  expect(statSync(file)).toMatchObject({ size: octets });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(file, '..'))).toStrictEqual(['a.db']);
  await store.close();
  expect(await prepared({ state, file })).toMatchObject({ madeAt: at(7) });
});

it('copies nothing of a database that is damaged, and says so', async () => {
  const { store, file, state } = await scene();
  for (let n = 0; n < 40; n++) await imported(store, `c${n}`);
  await store.close();
  const path = join(state, 'store.db');
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, Buffer.alloc(4096, 0x5a), 0, 4096, statSync(path).size - 8192);
  closeSync(descriptor);
  const damaged = await opened(state);
  await expect(damaged.care.backUpAside({ path: file, at: at(7) })).rejects.toMatchObject(
    coded('STORE_CORRUPT'),
  );
  expect(existsSync(file)).toBe(false);
});

it('leaves a backup that exists as it is', async () => {
  const { store, file } = await scene();
  await store.care.backUpAside({ path: file, at: at(7) });
  await expect(store.care.backUpAside({ path: file, at: at(8) })).rejects.toMatchObject(
    coded('FILE_UNWRITABLE'),
  );
});
