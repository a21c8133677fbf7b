import { realpathSync } from 'node:fs';
import { CertError } from '../base/errors.ts';
import { hasPowers, isRootsAlone } from '../deploy/program-powers.ts';

/**
 * Choose the file of a PKCS #11 module that is loaded. It becomes part of this process: where that has capabilities which
 * its user has not, the store, which that user writes, can only name what root has installed.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function moduleToLoad(path: string, isPowerful: boolean = hasPowers()): string {
  if (!isPowerful) return path;
  const file = realpathOf(path);
  if (file !== undefined && isRootsAlone(file)) return file;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot load the PKCS #11 module "${path}" with the capabilities of the service: others than root can change it`,
    {
      hint: 'Name one that root has installed, by its whole path, as /usr/lib/softhsm/libsofthsm2.so',
    },
  );
}

function realpathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
