import { linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { readPrivateFile, syncToDisk, writePrivateFile } from './private-files.ts';
import { storeError } from './store-error.ts';

/**
 * Where the 32 octets come from under which a store's data key is wrapped. Asked at the first secret
 * that is sealed or opened, never before.
 *
 * @param isNew whether nothing is sealed yet, so that a new key may be made
 */
export type StoreKeySource = (isNew: boolean) => Promise<Uint8Array>;

/** Octets in a store key. */
export const storeKeyLength = 32;

/** Keep the store key in `store.key` beside the database, and make it for a new store. */
export function storeKeyFile(directory: string, random: Random): StoreKeySource {
  const path = join(directory, 'store.key');
  return async (isNew) => {
    try {
      const found = readPrivateFile(path, storeKeyLength);
      if (found !== undefined) return found;
      if (!isNew) throw missing(path);
      return generate(directory, path, random);
    } catch (thrown) {
      throw storeError(thrown, 'use', path);
    }
  };
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
    { hint: 'Put store.key back from a backup: without it the private keys cannot be read' },
  );
}
