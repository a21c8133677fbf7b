import { concatBytes } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Io } from './io.ts';

/** No certificate or key comes near this. */
export const maxFileOctets = 4_194_304;

/**
 * Read a file an operator named, or standard input for `-`.
 *
 * @param what the parameter's keyword, for messages
 * @param limit octets it may have; whole MiB
 * @throws {CertError} FILE_UNREADABLE
 */
export async function readInputFile(
  path: string,
  what: string,
  io: Io,
  limit: number = maxFileOctets,
): Promise<Uint8Array> {
  let octets: Uint8Array;
  try {
    octets = path === '-' ? await io.stdin.readAll(limit) : await readAtMost(path, limit);
  } catch (cause) {
    throw unreadable(path, what, reasonOf(cause), cause);
  }
  if (octets.length === 0) throw unreadable(path, what, 'it is empty');
  if (octets.length > limit) throw unreadable(path, what, `it is over ${limit >> 20} MiB`);
  return octets;
}

/**
 * Read a file, and stop soon after so many octets: a device or a pipe may have no end.
 *
 * @returns more octets than `limit` when there are more
 */
export async function readAtMost(path: string, limit: number): Promise<Uint8Array> {
  // Loaded here, because this file is part of every start and that module brings readline with it.
  const { open } = await import('node:fs/promises');
  const file = await open(path);
  try {
    const chunks: Uint8Array[] = [];
    for (let length = 0; length <= limit;) {
      const { bytesRead, buffer } = await file.read({ buffer: new Uint8Array(65_536) });
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return concatBytes(...chunks);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, what: string, why: string, cause?: unknown): CertError {
  return new CertError('FILE_UNREADABLE', `Cannot read ${what} "${path}": ${why}`, {
    cause,
    hint: `Give ${what === 'file' ? '' : `${what} `}a file that this user can read; - is standard input`,
  });
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
