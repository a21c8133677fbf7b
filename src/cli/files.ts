import { concatBytes } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { systemReason } from '../base/system-reason.ts';
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

/** How often a file is looked at that has nothing to say yet. */
const pauseMs = 20;

/** Five seconds: a device that is silent as long, as the log of the kernel is, would be waited for without end. */
const mostPauses = 250;

/**
 * Read a file, and stop soon after so many octets: a device or a pipe may have no end. A pipe is waited for as long as
 * somebody has it open for writing, as in `file <(…)`, and no longer; a terminal until its user has done; anything else
 * for five seconds.
 *
 * @returns more octets than `limit` when there are more
 */
export async function readAtMost(path: string, limit: number): Promise<Uint8Array> {
  // Loaded here, because this file is part of every start and that module brings readline with it.
  const { open, constants } = await import('node:fs/promises');
  // Else opening a pipe that nobody writes to would never end.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const isPipe = async (): Promise<boolean> => (await file.stat()).isFIFO();
    const isWaitedFor = async (): Promise<boolean> =>
      (await isPipe()) || (await import('node:tty')).isatty(file.fd);
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, pauseMs));
    return await readOpened({ read: (into) => file.read(into), isPipe, isWaitedFor }, limit, pause);
  } finally {
    await file.close();
  }
}

/** A file that is open, and never blocks. */
export interface OpenedFile {
  read(into: { readonly buffer: Uint8Array }): Promise<{
    readonly bytesRead: number;
    readonly buffer: Uint8Array;
  }>;
  isPipe(): Promise<boolean>;
  /** Whether it is read as long as somebody may still write to it. */
  isWaitedFor(): Promise<boolean>;
}

/**
 * Read what a file has until its end, as `readAtMost` says.
 *
 * @param pause waits before the next look at a file that has nothing to say yet
 * @throws {Error} for a pipe that nobody writes to, and for what is silent too long
 */
export async function readOpened(
  file: OpenedFile,
  limit: number,
  pause: () => Promise<void>,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let pauses = 0;
  for (let length = 0; length <= limit;) {
    const read = await file.read({ buffer: new Uint8Array(65_536) }).catch(unlessSilent);
    if (read === undefined) {
      if (++pauses > mostPauses && !(await file.isWaitedFor()))
        throw new Error('it has no end, and nothing more for now');
      await pause();
      continue;
    }
    const { bytesRead, buffer } = read;
    if (bytesRead === 0) {
      if (length === 0 && (await file.isPipe())) throw new Error('nobody writes to this pipe');
      break;
    }
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return concatBytes(...chunks);
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
      return systemReason(cause);
  }
}
