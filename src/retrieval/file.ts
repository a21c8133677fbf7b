import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CertError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { bounded } from './bounded.ts';
import { unusable } from './failure.ts';
import { checkAnnounced, collectOctets } from './octets.ts';
import type { RetrievalRequest, Retriever } from './retriever.ts';

/** How much is read at a time. */
const CHUNK_OCTETS = 65_536;

/** Reads files of this machine, by absolute path or file URL (RFC 8089). */
export const fileRetriever: Retriever = {
  retrieve: async (request) =>
    await bounded(request, async (signal) => await read(request, signal)),
};

async function read(request: RetrievalRequest, signal: AbortSignal): Promise<Uint8Array> {
  const path = pathOf(request.url);
  let file: FileHandle;
  try {
    // Without waiting for whoever may write into it, should it be a pipe.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw unreadable(path, reasonOf(cause), cause);
  }
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw unreadable(path, 'it is a directory');
    // A device or a pipe may have no end, and a read of it cannot be broken off.
    if (!found.isFile()) throw unreadable(path, 'it is not a regular file');
    checkAnnounced(request, found.size);
    const octets = collectOctets(request);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read({ buffer: new Uint8Array(CHUNK_OCTETS) });
      // Until the end and not until its size: files in /proc have none.
      if (bytesRead === 0) return octets.take();
      octets.add(buffer.subarray(0, bytesRead));
    }
  } catch (cause) {
    if (cause instanceof CertError || signal.aborted) throw cause;
    throw unreadable(path, reasonOf(cause), cause);
  } finally {
    await file.close();
  }
}

function pathOf(url: string): string {
  if (isAbsolute(url)) return url;
  if (/[?#]/.test(url)) {
    throw unusable(url, 'a file URL has no query and no fragment', 'Write them as "%3F" and "%23"');
  }
  // The URL parser would take "file:ca.pem" for "/ca.pem".
  if (!/^file:\//i.test(url)) {
    throw unusable(url, 'its path is not absolute', 'Write it like "file:///etc/ca.pem"');
  }
  try {
    return fileURLToPath(url);
  } catch {
    // What stands before an "@" may be a password.
    if (url.includes('@')) {
      throw new CertError('CONFIG_INVALID', 'Cannot use a file URL with a host or user in it', {
        hint: 'Write it like "file:///etc/ca.pem"',
      });
    }
    throw unusable(url, 'it is not the URL of a local file', 'Write it like "file:///etc/ca.pem"');
  }
}

function unreadable(path: string, why: string, cause?: unknown): CertError {
  return new CertError('FILE_UNREADABLE', `Cannot read "${printable(path)}": ${why}`, {
    cause,
    hint: 'Check path and permissions',
  });
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENXIO':
      return 'it is not a regular file';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
