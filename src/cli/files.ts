import { CertError } from '../base/errors.ts';
import type { Io } from './io.ts';

/** No certificate or key comes near this; `-` could otherwise be fed without end. */
const maxFileOctets = 4_194_304;

/**
 * Read a file an operator named, or standard input for `-`.
 *
 * @param what the parameter's keyword, for messages
 * @throws {CertError} FILE_UNREADABLE
 */
export async function readInputFile(path: string, what: string, io: Io): Promise<Uint8Array> {
  let octets: Uint8Array;
  try {
    if (path === '-') octets = await io.stdin.readAll();
    else {
      // Loaded here, because this file is part of every start and that module brings readline with it.
      const { readFile } = await import('node:fs/promises');
      octets = await readFile(path);
    }
  } catch (cause) {
    throw new CertError('FILE_UNREADABLE', `Cannot read ${what} "${path}": ${reasonOf(cause)}`, {
      cause,
    });
  }
  if (octets.length === 0) {
    throw new CertError('FILE_UNREADABLE', `Cannot read ${what} "${path}": it is empty`);
  }
  if (octets.length > maxFileOctets) {
    throw new CertError('FILE_UNREADABLE', `Cannot read ${what} "${path}": it is over 4 MiB`);
  }
  return Uint8Array.from(octets);
}

/** Say in words why the operating system refused something. */
export function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
