import { CertError, type CertErrorOptions } from '../base/errors.ts';
import { cut, printable } from '../base/printable.ts';
import type { RetrievalRequest } from './retriever.ts';

/** How much is repeated of what a server says: a sentence or two. */
const MAX_SERVER_TEXT_CHARACTERS = 200;

/**
 * Make a text of a server fit to be shown.
 *
 * @param request what the server was told: it may repeat the password
 */
export function serverText(
  text: string,
  { credentials }: Pick<RetrievalRequest, 'credentials'> = {},
): string {
  const password = credentials?.type === 'password' ? Buffer.from(credentials.password) : undefined;
  if (password !== undefined && password.length > 0 && Buffer.from(text).includes(password))
    return '(the password is in what it says)';
  return printable(cut(text.trim(), MAX_SERVER_TEXT_CHARACTERS));
}

/** Say that the server does not give the file, or gives something we do not take. */
export function refused(url: string, why: string, hint: string, cause?: unknown): CertError {
  return failure('RETRIEVAL_REFUSED', url, why, { hint, cause });
}

/** Say that the way to the server broke, or that something else answers there. */
export function broken(url: string, why: string, cause?: unknown): CertError {
  const hint = 'Try again; check host and port of the URL if it stays';
  return failure('NETWORK_UNREACHABLE', url, why, { hint, cause });
}

/** Say that a file is larger than is taken. */
export function tooLarge({ url, limits }: RetrievalRequest, size?: number): CertError {
  const has = size === undefined ? 'more' : `${size} octets`;
  const why = `${has}, at most ${limits.maxBytes} octets are taken`;
  return failure('RESPONSE_TOO_LARGE', url, why, {
    hint: 'Check that the URL is that of the file',
  });
}

/** Say that a URL, or a setting that goes with it, cannot be used. */
export function unusable(url: string, why: string, hint: string): CertError {
  return failure('CONFIG_INVALID', url, why, { hint });
}

function failure(
  code: CertError['code'],
  url: string,
  why: string,
  options: CertErrorOptions,
): CertError {
  return new CertError(code, `Cannot fetch "${printable(url)}": ${why}`, options);
}
