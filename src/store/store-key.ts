import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { readPrivateFile, syncToDisk, writePrivateFile } from './private-files.ts';
import { storeError } from './store-error.ts';

/** What a store's data key is wrapped under: a key, a passphrase, or nothing is sealed yet. */
export type SealedUnder = 'nothing' | 'key' | 'passphrase';

/**
 * What a source gives: 32 octets; the UTF-8 of a passphrase; or the files beside the database, of which
 * a rekey that was interrupted leaves two.
 */
export type StoreKey = Uint8Array | Passphrase | KeyFiles;

/** A passphrase, in UTF-8. */
export interface Passphrase {
  readonly passphrase: Uint8Array;
}

/** The keys in `store.key` and, after an interrupted rekey, `store.key.next`. */
export interface KeyFiles {
  readonly files: readonly Uint8Array[];
  /** Whether there is more than the one file that there should be. */
  readonly isUnsettled: boolean;
}

/**
 * Where the key comes from under which a store's data key is wrapped. Asked at the first secret that is
 * sealed or opened, or when the key is checked; asked again when another process has changed it.
 */
export type StoreKeySource = (under: SealedUnder) => Promise<StoreKey>;

/** Octets in a store key. */
export const storeKeyLength = 32;

/** Keep the store key in `store.key` beside the database, and make it for a new store. */
export function storeKeyFile(directory: string, random: Random): StoreKeySource {
  const path = keyPath(directory);
  return async (under) => {
    // What another kind of key opens is not for this file, whatever is in it.
    if (under === 'passphrase') throw passphraseNeeded(directory);
    try {
      const current = readPrivateFile(path, storeKeyLength);
      if (under === 'nothing') return current ?? generate(directory, path, random);
      const next = readPrivateFile(nextPath(directory), storeKeyLength);
      if (current === undefined && next === undefined) throw missing(path);
      return {
        files: [current, next].filter((each) => each !== undefined),
        isUnsettled: next !== undefined,
      };
    } catch (thrown) {
      throw storeError(thrown, 'use', path);
    }
  };
}

/**
 * Put a new key beside the one that holds, on the disk before this returns. Called while the database's
 * write lock is held, as all of the following: of what another process is about to commit, nothing can
 * be told from a file alone.
 */
export function stageKeyFile(
  directory: string,
  key: Uint8Array,
  onFileChange: () => void = () => {},
): void {
  const path = nextPath(directory);
  rmSync(path, { force: true });
  onFileChange();
  writePrivateFile(path, key);
  onFileChange();
  syncToDisk(directory);
}

/**
 * Finish or undo what an interrupted rekey left: `store.key.next` takes the place of a `store.key` that
 * does not fit, or goes when that fits. When neither fits, both stay for whoever looks into it.
 *
 * @param fits whether a key is the one that the data key is wrapped under
 */
export function settleKeyFiles(directory: string, fits: (key: Uint8Array) => boolean): void {
  const path = keyPath(directory);
  const next = readPrivateFile(nextPath(directory), storeKeyLength);
  if (next === undefined) return;
  const current = readPrivateFile(path, storeKeyLength);
  if (current !== undefined && fits(current)) rmSync(nextPath(directory), { force: true });
  else if (fits(next)) renameSync(nextPath(directory), path);
  else return;
  syncToDisk(directory);
}

/**
 * Remove `store.key` once the store is sealed under something from elsewhere, unless it is that.
 *
 * @param fits whether a key is the one that the data key is wrapped under
 * @returns whether there was one to remove
 */
export function removeKeyFile(directory: string, fits: (key: Uint8Array) => boolean): boolean {
  const path = keyPath(directory);
  const current = readPrivateFile(path, storeKeyLength);
  if (current === undefined || current.length !== storeKeyLength || fits(current)) return false;
  rmSync(path);
  syncToDisk(directory);
  return true;
}

/** Tell whether a rekey, or a restore, left a next key. */
export function isRekeyUnsettled(directory: string): boolean {
  return existsSync(nextPath(directory));
}

/** Keep `store.key` under another name, too, before it is replaced by the one that came with a backup. */
export function keepKeyFile(
  directory: string,
  kept: string,
  onFileChange: () => void = () => {},
): void {
  const path = keyPath(directory);
  if (!existsSync(path)) return;
  rmSync(kept, { force: true });
  linkSync(path, kept);
  onFileChange();
}

/** The file that holds a generated store key. */
export function keyPath(directory: string): string {
  return join(directory, 'store.key');
}

/** The file that holds the key which a rekey is about to change to. */
function nextPath(directory: string): string {
  return join(directory, 'store.key.next');
}

// Written whole under another name and then linked: whoever sees store.key sees all of it, and of two
// processes that make one at the same time the second takes the first one's.
function generate(directory: string, path: string, random: Random): Uint8Array {
  const key = random.bytes(storeKeyLength);
  const unfinished = `${path}.${toHex(random.bytes(8))}.new`;
  try {
    writePrivateFile(unfinished, key);
    linkSync(unfinished, path);
    return key;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') {
      const other = readPrivateFile(path, storeKeyLength);
      if (other !== undefined) return other;
    }
    throw thrown;
  } finally {
    rmSync(unfinished, { force: true });
    syncToDisk(directory);
  }
}

function missing(path: string): CertError {
  return new CertError(
    'STORE_KEY_MISSING',
    `Cannot open the private keys of the store: "${path}" does not exist`,
    {
      hint:
        'Put store.key back from a backup, or name the key with --store-key: without it the private ' +
        'keys cannot be read',
    },
  );
}

function passphraseNeeded(directory: string): CertError {
  return new CertError(
    'STORE_KEY_WRONG',
    `Cannot open the private keys in "${directory}": they are sealed under a passphrase, and none was asked for`,
    { hint: 'Add --store-key prompt' },
  );
}
