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

/** How often a pipe is looked at whose writer has nothing to say yet. */
const pipePauseMs = 20;

/**
 * Read a file, and stop soon after so many octets: a device or a pipe may have no end. A pipe is waited for as long as
 * somebody has it open for writing, as in `file <(…)`, and no longer.
 *
 * @returns more octets than `limit` when there are more
 */
export async function readAtMost(path: string, limit: number): Promise<Uint8Array> {
  // Loaded here, because this file is part of every start and that module brings readline with it.
  const { open, constants } = await import('node:fs/promises');
  // Else opening a pipe that nobody writes to would never end.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Uint8Array[] = [];
    for (let length = 0; length <= limit;) {
      const read = await file.read({ buffer: new Uint8Array(65_536) }).catch(unlessSilent);
      if (read === undefined) {
        await new Promise((resolve) => setTimeout(resolve, pipePauseMs));
        continue;
      }
      const { bytesRead, buffer } = read;
      if (bytesRead === 0) {
        if (length === 0 && (await file.stat()).isFIFO())
          throw new Error('nobody writes to this pipe');
        break;
      }
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    return concatBytes(...chunks);
  } finally {
    await file.close();
  }
}

function unlessSilent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined;
  throw error;
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
