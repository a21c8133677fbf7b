import { linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { removeLeftovers } from './backup-leftovers.ts';
import { openBackup, type BackupFile } from './backup-file.ts';
import type { Backup, NewBackup } from './care-contract.ts';
import { unwrap } from './data-key.ts';
import type { Database } from './database.ts';
import { createPrivateFile, syncToDisk } from './private-files.ts';
import type { Keyring } from './sealer.ts';
import { storeError } from './store-error.ts';

/** What a backup is made of. */
export interface BackupContext {
  readonly database: Pick<Database, 'copyTo'>;
  readonly keyring: Pick<Keyring, 'storeKey'>;
  readonly random: Random;
}

/** Write a backup, as `StoreCare.backUp` says: whole under another name first, read again, then given its own. */
export async function backUp(context: BackupContext, wanted: NewBackup): Promise<Backup> {
  const { path, at } = wanted;
  // Before anything is written: what is missing is missing whatever the copy will hold.
  if (wanted.withKey) await keyFor(context, path);
  const folder = dirname(path);
  const unfinished = join(folder, `.${basename(path)}.${toHex(context.random.bytes(8))}.new`);
  try {
    const start = `.${basename(path)}.`;
    removeLeftovers(folder, at, (name) => {
      return name.startsWith(start) && /^[0-9a-f]{16}\.new/.test(name.slice(start.length));
    });
    const { copy, key } = await copied(context, unfinished, wanted);
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

/** Whoever changes the store key more often than this while a backup is made means to. */
const maxCopies = 5;

/** Copy the database and, if it is to go with it, get the key that opens this copy: another may be set meanwhile. */
async function copied(
  context: BackupContext,
  unfinished: string,
  { path, withKey }: NewBackup,
): Promise<{ readonly copy: BackupFile; readonly key: Uint8Array | undefined }> {
  for (let copies = 1; copies <= maxCopies; copies++) {
    rmSync(unfinished, { force: true });
    createPrivateFile(unfinished);
    await context.database.copyTo(unfinished);
    const copy = openBackup(unfinished, path);
    let isKept = false;
    try {
      const key = withKey ? await keyFor(context, path) : undefined;
      isKept = !withKey || (await opens(key, copy));
      if (isKept) return { copy, key };
    } finally {
      if (!isKept) copy.close();
    }
  }
  throw new CertError(
    'STORE_CONFLICT',
    `Cannot write "${path}": the store key was changed during each of ${maxCopies} copies`,
    { hint: 'Try again when nobody is at "certkeeper store rekey"' },
  );
}

/** Tell whether a key, or none, is the one that a copy is sealed under. */
async function opens(key: Uint8Array | undefined, copy: BackupFile): Promise<boolean> {
  const found = copy.wrapped();
  if (found === undefined || key === undefined) return found === key;
  if (found.cost !== undefined) return false;
  const crypto = await import('node:crypto');
  return unwrap(crypto, { key: crypto.createSecretKey(key) }, found) !== undefined;
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
