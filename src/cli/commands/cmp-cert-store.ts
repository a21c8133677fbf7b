import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import { dangerOf } from '../../deploy/directories.ts';
import { certStoreKey, certStoreLocation } from '../../lifecycle/setting-keys.ts';
import type { Body } from '../command.ts';
import { reasonOf } from '../files.ts';
import type { certStoreParameters } from '../parameters-cmp.ts';

/** Set where PEM files are put, and whether an update keeps the key. */
export const run: Body<typeof certStoreParameters> = async ({ location, key }, context) => {
  const directory = resolve(location);
  await assertUsable(directory);
  const { store } = await context.services();
  await store.settings.set(certStoreLocation, directory);
  if (key === undefined) await store.settings.remove(certStoreKey);
  else await store.settings.set(certStoreKey, key);
  context.print.done(
    { location: directory, key: key ?? 'new' },
    `Certificates go to ${directory}; an update ${key === 'reuse' ? 'keeps the key' : 'makes a new key'}`,
  );
  return 0;
};

/** Say now, and not after a certificate was issued, that it could not be put there. */
async function assertUsable(directory: string): Promise<void> {
  const refusal = `Cannot use "${directory}" as cert-store location`;
  let existing = directory;
  let found = await stat(existing).catch(() => undefined);
  while (found === undefined && dirname(existing) !== existing) {
    existing = dirname(existing);
    found = await stat(existing).catch(() => undefined);
  }
  if (found?.isDirectory() !== true) {
    const which = existing === directory ? '' : `"${existing}" is `;
    throw new CertError('CONFIG_INVALID', `${refusal}: ${which}not a directory`, {
      hint: 'Name a directory; one that does not exist is made when it is first needed',
    });
  }
  const danger = existing === directory ? dangerOf(found, directory) : undefined;
  if (danger !== undefined)
    throw new CertError('CONFIG_INVALID', `${refusal}: ${danger.text}`, { hint: danger.hint });
  try {
    // Trying tells more than modes do: a file system can be read-only, or have rules of its own.
    await rmdir(await mkdtemp(join(existing, '.certkeeper-')));
  } catch (cause) {
    throw new CertError(
      'FILE_UNWRITABLE',
      `${refusal}: cannot write to "${existing}": ${reasonOf(cause)}`,
      { cause, hint: 'Let this user write there, or name another directory' },
    );
  }
}
