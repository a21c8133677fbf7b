import { isIPv6 } from 'node:net';
import { isAbsolute } from 'node:path';
import { CertError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { unusable } from './failure.ts';

/** Where files come from, with the port of each scheme that has one. */
const ports = {
  file: undefined,
  http: 80,
  https: 443,
  ftp: 21,
  sftp: 22,
  tftp: 69,
  ldap: 389,
  ldaps: 636,
} as const;

/** A scheme that files are fetched by. */
export type Scheme = keyof typeof ports;

/** The URL of something on a server, taken apart. */
export interface ServerUrl {
  readonly scheme: Exclude<Scheme, 'file'>;
  /** A name, or an address; that of IPv6 without its brackets. */
  readonly host: string;
  readonly port: number;
  /** What follows the authority, percent-encoded as it was. */
  readonly rest: string;
  /** The URL for messages. */
  readonly href: string;
}

const schemeAndRest = /^([a-z][a-z0-9+.-]*):(.*)$/is;
const authorityAndRest = /^\/\/([^/?#]*)(.*)$/s;
const hostAndPort = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/i;

/**
 * Tell how a file is to be fetched: by the scheme of its URL; an absolute path is a file.
 *
 * @throws {CertError} CONFIG_INVALID: neither, or another scheme
 */
export function schemeOf(text: string): Scheme {
  if (isAbsolute(text)) return 'file';
  const scheme = schemeAndRest.exec(text)?.[1]?.toLowerCase() ?? '';
  if (isScheme(scheme)) return scheme;
  const what = scheme === '' ? 'it is neither a URL nor an absolute path' : 'unknown scheme';
  throw new CertError('CONFIG_INVALID', `Cannot fetch ${quotable(text)}: ${what}`, {
    hint: `Write an absolute path, or a URL of ${Object.keys(ports).join(', ')}`,
  });
}

/** Tell whether a text that may be a path is meant as a URL. A file that is called like one is "./http:". */
export function looksLikeUrl(text: string): boolean {
  const scheme = schemeAndRest.exec(text);
  return (
    scheme !== null &&
    (isScheme(scheme[1]?.toLowerCase() ?? '') || scheme[2]?.startsWith('//') === true)
  );
}

/** A URL without the user and password that were written in it. */
export interface SplitUrl {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/**
 * Take user and password out of a URL, as gateways write them: "ftp://user:password@host/path".
 *
 * @throws {CertError} CONFIG_INVALID: their percent-encoding is broken, or an empty user
 */
export function splitUserinfo(text: string): SplitUrl {
  const found = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@(.*)$/is.exec(text);
  const [, front = '', userinfo = '', rest = ''] = found ?? [];
  if (found === null) return { url: text };
  const url = front + rest;
  const colon = userinfo.indexOf(':');
  const username = decodePart(colon < 0 ? userinfo : userinfo.slice(0, colon), url);
  if (username === '') throw unusable(url, 'its user is empty', 'Write "user@", or leave out "@"');
  if (colon < 0) return { url, username };
  return { url, username, password: decodePart(userinfo.slice(colon + 1), url) };
}

/** Show a text in which a URL with a user or password may stand, without them. */
export function withoutUserinfo(text: string): string {
  return text.replace(/(:\/\/)[^/?#\s]*@/g, '$1');
}

/**
 * Take the URL of something on a server apart. Its path stays as it is: no "..", no "%2F" is touched.
 *
 * @throws {CertError} CONFIG_INVALID: user or password in it, no host, a fragment, spaces or non-ASCII characters
 */
export function parseServerUrl(text: string): ServerUrl {
  const scheme = schemeOf(text);
  const found = authorityAndRest.exec(schemeAndRest.exec(text)?.[2] ?? '');
  const authority = found?.[1] ?? '';
  // Before anything is quoted: what stands before the "@" may be a password.
  if (authority.includes('@') || (found === null && text.includes('@'))) {
    throw new CertError('CONFIG_INVALID', 'Cannot use a URL with a user name or password in it', {
      hint: 'Write the URL without "user:password@", and give both apart from it',
    });
  }
  const place = hostAndPort.exec(authority);
  const host = place?.[1] ?? place?.[2];
  if (scheme === 'file' || host === undefined || (place?.[1] && !isIPv6(host))) {
    throw unusable(text, 'it names no host', `Write it like "${scheme}://host.example/path"`);
  }
  const port = Number(place?.[3] ?? ports[scheme]);
  if (port < 1 || port > 65_535) {
    throw unusable(text, `${port} is no port`, 'A port is 1 to 65535');
  }
  const rest = found?.[2] ?? '';
  if (!/^[!-~]*$/.test(rest)) {
    throw unusable(text, 'it has spaces or non-ASCII characters', 'Percent-encode them');
  }
  if (rest.includes('#')) {
    throw unusable(text, 'it has a fragment', 'Leave out "#" and what follows, or write "%23"');
  }
  return { scheme, host, port, rest, href: text };
}

/**
 * Decode the percent-encoding of a part of a URL.
 *
 * @throws {CertError} CONFIG_INVALID: broken, not UTF-8, or control characters, which end commands and names
 */
export function decodePart(part: string, href: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(part);
  } catch {
    throw unusable(href, 'its percent-encoding is broken', 'Write "%" as "%25", and UTF-8');
  }
  if (/\p{Cc}/u.test(decoded)) {
    throw unusable(href, 'it has control characters', 'Check the URL: no file has such a name');
  }
  return decoded;
}

/**
 * Get the path of a URL that has no query, decoded and without its first slash.
 *
 * @throws {CertError} CONFIG_INVALID: no path, or a query
 */
export function pathOf({ rest, href, scheme }: ServerUrl): string {
  if (rest.includes('?')) {
    throw unusable(href, `${scheme} has no query`, 'Write a "?" of the file\'s name as "%3F"');
  }
  const path = decodePart(rest.slice(1), href);
  if (path === '' || path.endsWith('/')) {
    throw unusable(href, 'it names no file', `Write it like "${scheme}://host.example/path"`);
  }
  return path;
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(ports, text);
}

/** Something that is no URL may have a password anywhere. */
function quotable(text: string): string {
  return text.includes('@') ? 'this' : `"${printable(text)}"`;
}
