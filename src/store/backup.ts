import { linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { removeLeftovers } from './backup-leftovers.ts';
import { openBackup } from './backup-file.ts';
import type { Backup, NewBackup } from './care-contract.ts';
import type { Database } from './database.ts';
import { createPrivateFile, syncToDisk } from './private-files.ts';
import type { Keyring } from './sealer.ts';
import { storeError } from './store-error.ts';

/** What a backup is made of. */
export interface BackupContext {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly random: Random;
}

/** Write a backup, as `StoreCare.backUp` says: whole under another name first, read again, then given its own. */
export async function backUp(context: BackupContext, wanted: NewBackup): Promise<Backup> {
  const { database, random } = context;
  const { path, at } = wanted;
  const key = wanted.withKey ? await keyFor(context, path) : undefined;
  const folder = dirname(path);
  const unfinished = join(folder, `.${basename(path)}.${toHex(random.bytes(8))}.new`);
  try {
    const start = `.${basename(path)}.`;
    removeLeftovers(folder, at, (name) => {
      return name.startsWith(start) && /^[0-9a-f]{16}\.new/.test(name.slice(start.length));
    });
    createPrivateFile(unfinished);
    await database.copyTo(unfinished);
    const copy = openBackup(unfinished, path);
    let found: Pick<Backup, 'counts' | 'sealedUnder'>;
    try {
      copy.mark(at, key);
      copy.assertWhole();
      found = { counts: copy.counts(), sealedUnder: copy.sealedUnder() };
    } finally {
      copy.close();
    }
    syncToDisk(unfinished);
    const { size: octets } = statSync(unfinished);
    if (wanted.isReplacing) renameSync(unfinished, path);
    else linkSync(unfinished, path);
    return { ...found, octets };
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') throw exists(path);
    throw storeError(thrown, 'write', path);
  } finally {
    rmSync(unfinished, { force: true });
    rmSync(`${unfinished}-journal`, { force: true });
    syncFolder(folder);
  }
}

async function keyFor({ keyring }: BackupContext, path: string): Promise<Uint8Array | undefined> {
  const key = await keyring.storeKey();
  if (key === 'passphrase') {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot put the store key into "${path}": it is a passphrase`,
      { hint: 'Leave out with-key: the passphrase opens the backup as it is' },
    );
  }
  return key;
}

function syncFolder(folder: string): void {
  try {
    syncToDisk(folder);
  } catch {
    // What cannot be opened could not be written to, and that has been said.
  }
}

function exists(path: string): CertError {
  return new CertError('FILE_UNWRITABLE', `Cannot write "${path}": it exists`, {
    hint: 'Name a new file, or add replace',
  });
}
