import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertError } from '../base/errors.ts';
import { reasonOf } from './delivery-error.ts';
import { dangerOf } from './directories.ts';

/**
 * Say now, and not after a certificate was issued, that it could not be put there.
 *
 * @param directory absolute
 * @throws {CertError} CONFIG_INVALID, FILE_UNWRITABLE
 */
export async function assertCertStore(directory: string): Promise<void> {
  const refusal = `Cannot use "${directory}" as cert-store location`;
  // A hook is given the paths one a line.
  if (/\p{Cc}/u.test(directory)) {
    throw new CertError('CONFIG_INVALID', `${refusal}: it has control characters`, {
      hint: 'Choose a directory without',
    });
  }
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
