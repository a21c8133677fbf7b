import { CertError } from '../base/errors.ts';
import type { FetchOptions } from '../agent/late-retrieval.ts';
import { utf8 } from '../base/bytes.ts';
import { looksLikeUrl, schemeOf, splitUserinfo } from '../retrieval/url.ts';
import { wayOf, type Way } from '../retrieval/way.ts';
import type { CommandContext } from './command.ts';
import { maxFileOctets, readInputFile } from './files.ts';
import { readStored } from './stored.ts';

/** What an operator's file, URL or `-` held, and how it came here. */
export interface Source {
  readonly octets: Uint8Array;
  /** What it is called in messages: as it was given, without user and password. */
  readonly name: string;
  /** What others could do to it on its way. */
  readonly way: Way;
}

/** The context that sources are read in. */
export type SourceContext = Pick<CommandContext, 'io' | 'log' | 'globals' | 'services'>;

/**
 * Read what an operator named: a path, `-` for standard input, or a URL of file, http, https, ftp, sftp, tftp, ldap or
 * ldaps. A file whose name looks like a URL is named with "./" in front.
 *
 * @param what the parameter's keyword, for messages
 * @param limit octets it may have; whole MiB
 * @throws {CertError} FILE_UNREADABLE, and what `Retriever` throws
 */
export async function readSource(
  text: string,
  what: string,
  context: SourceContext,
  limit: number = maxFileOctets,
): Promise<Source> {
  if (!looksLikeUrl(text)) {
    const octets = await readInputFile(text, what, context.io, limit);
    return { octets, name: text, way: 'local' };
  }
  const { url, username, password } = splitUserinfo(text);
  if (password !== undefined && context.io.isTyped !== true) {
    context.log.warn(
      `other users of this machine can see the password in the URL of ${what} in the process list; ` +
        'set it with "certkeeper retrieval server"',
    );
  }
  const octets = await fetch(url, context, {
    limits: { maxBytes: limit },
    ...(username !== undefined && { username }),
    ...(username !== undefined &&
      password !== undefined && {
        credentials: { type: 'password', username, password: utf8(password) },
      }),
  });
  if (octets.length === 0) {
    throw new CertError('FILE_UNREADABLE', `Cannot read ${what} "${url}": it is empty`, {
      hint: 'Check that the URL is that of the file',
    });
  }
  return { octets, name: url, way: wayOf(schemeOf(url)) };
}

/** Tell how a file would come here, without fetching it. */
export function wayOfSource(text: string): Way {
  return looksLikeUrl(text) ? wayOf(schemeOf(text)) : 'local';
}

/** Name a source as messages may. */
export function sourceName(text: string): string {
  return looksLikeUrl(text) ? splitUserinfo(text).url : text;
}

/** Fetch it as the settings of its server say, if there is a store with settings: looking makes none. */
async function fetch(
  url: string,
  context: SourceContext,
  options: FetchOptions,
): Promise<Uint8Array> {
  const signal = context.io.abortSignal();
  try {
    return await fetchAsSet(url, context, { ...options, signal });
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    throw new CertError('FILE_UNREADABLE', `Interrupted fetching "${url}"`, {
      hint: 'Nothing was changed',
    });
  }
}

async function fetchAsSet(
  url: string,
  context: SourceContext,
  options: FetchOptions,
): Promise<Uint8Array> {
  const isLocal = schemeOf(url) === 'file';
  const fetched = isLocal
    ? undefined
    : await readStored(context, (services) => services.retrieve(url, options));
  if (fetched !== undefined) return fetched;
  const { username, ...rest } = options;
  if (username !== undefined && rest.credentials === undefined) {
    return await (await context.services()).retrieve(url, options);
  }
  const { retrieve } = await import('../retrieval/retrieve.ts');
  return await retrieve(url, rest);
}
