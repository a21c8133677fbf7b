import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invariant } from '../base/errors.ts';

/** Read the version out of the package this file belongs to. */
export async function readVersion(): Promise<string> {
  const path = join(import.meta.dirname, '../../package.json');
  const manifest: unknown = JSON.parse(await readFile(path, 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? manifest.version
      : undefined;
  invariant(typeof version === 'string', 'that package.json has a version');
  return version;
}
