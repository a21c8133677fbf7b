import { lstatSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import { dangerAbove } from '../../deploy/above.ts';
import { dangerOf } from '../../deploy/directories.ts';
import type { Backup } from '../../store/care-contract.ts';
import type { Body } from '../command.ts';
import { reasonOf } from '../files.ts';
import type { storeBackupParameters } from '../parameters-store.ts';
import { countsJson, countsText } from '../store-counts.ts';
import { assertNoStoreFile } from '../store-files.ts';
import { storeKeyOption } from '../store-key-option.ts';

/** Write a copy of the store to one file. */
export const run: Body<typeof storeBackupParameters> = async (args, context) => {
  const { withKey, replace: isReplacing } = args;
  // Elsewhere it is standard output; a copy that is checked before it counts has to be a file.
  if (args.file === '-') {
    throw new CertError('USAGE_INVALID', 'Cannot write a backup: not to standard output', {
      hint: 'Name a file; one that is really called so is ./-',
    });
  }
  const path = resolve(args.file);
  assertPlace(path, isReplacing);
  assertNoStoreFile(path, context);
  const { store, clock } = await context.services();
  const backup = await store.care.backUp({ path, withKey, isReplacing, at: clock.now() });
  const { counts, octets, sealedUnder } = backup;
  const hasKey = withKey && sealedUnder === 'key';
  context.print.done(
    { file: path, octets, hasKey, sealedUnder, ...countsJson(counts) },
    `The store is in ${path} now, with ${countsText(counts)}. ${keyText(backup, hasKey, {
      isNamed: storeKeyOption(context) !== undefined,
    })}`,
  );
  return 0;
};

function keyText(
  { sealedUnder }: Backup,
  hasKey: boolean,
  { isNamed }: { readonly isNamed: boolean },
): string {
  if (hasKey) return 'The store key is in it: keep it where you would keep the private keys';
  switch (sealedUnder) {
    case 'nothing':
      return 'There is no secret in it';
    case 'passphrase':
      return 'It opens with the passphrase of the store, as that is now';
    case 'key':
      return isNamed
        ? 'The store key is not in it: without that the private keys cannot be read'
        : 'The store key is not in it: keep a copy of store.key at another place, without it the private ' +
            'keys cannot be read';
  }
}

/** Refuse a place where others could put a file of their own, and what is there if it is not to go. */
function assertPlace(path: string, isReplacing: boolean): void {
  const refuse = (why: string, hint: string): never => {
    throw new CertError('FILE_UNWRITABLE', `Cannot write "${path}": ${why}`, { hint });
  };
  const folder = dirname(path);
  try {
    const found = statSync(folder);
    const danger = dangerOf(found, folder) ?? dangerAbove(folder);
    if (danger) refuse(danger.text, danger.hint);
    // In a folder as /tmp is one, too, others can be first to put something by a name they guess.
    if ((found.mode & 0o002) !== 0) {
      refuse(`every user of this machine can put files into "${folder}"`, 'Choose another folder');
    }
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there === undefined) return;
    if (!there.isFile()) refuse('it is there, and not a file', 'Name a new file');
    if (!isReplacing) refuse('it exists', 'Name a new file, or add replace');
  } catch (cause) {
    if (cause instanceof CertError) throw cause;
    refuse(reasonOf(cause), 'Name a file in a folder that exists');
  }
}
