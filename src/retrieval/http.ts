import { CertError } from '../base/errors.ts';
import { Connection } from '../http/connection.ts';
import { request as send, type HttpResponse } from '../http/request.ts';
import type { HttpRoute } from '../http/route.ts';
import { parseHttpUrl } from '../http/url.ts';
import { bounded } from './bounded.ts';
import { loginOf } from './credentials.ts';
import { serverText, tooLarge, unusable } from './failure.ts';
import type { FileVersion, HeldFile, RetrievalRequest, Retriever } from './retriever.ts';
import { parseServerUrl } from './url.ts';

/**
 * Fetch files by http and https, one request each. Redirects are not followed: where a file is, is said by whoever
 * configured the URL and not by who answers.
 */
export function httpRetriever(route: HttpRoute = {}): Retriever {
  return {
    retrieve: async (request) =>
      await bounded(request, async (signal) => await get(request, route, signal)),
  };
}

async function get(
  request: RetrievalRequest,
  route: HttpRoute,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { url, limits, held } = request;
  parseServerUrl(url);
  const headers = { accept: '*/*', ...authorization(request), ...unlessHeld(held) };
  const connection = new Connection(parseHttpUrl(url).origin, route);
  try {
    const response = await send({
      url,
      method: 'GET',
      headers,
      connection,
      // Silence is not counted apart: the total bounds it.
      limits: { ...limits, responseTimeoutMs: limits.totalTimeoutMs },
      signal,
    });
    if (response.status === 304 && held) return held.octets;
    if (response.status !== 200) throw wrongStatus(url, response);
    request.noteVersion?.(versionIn(response));
    return response.body;
  } catch (error) {
    if (error instanceof CertError && error.code === 'RESPONSE_TOO_LARGE') throw tooLarge(request);
    throw error;
  } finally {
    await connection.close();
  }
}

/** RFC 9110 section 13.1: a server that knows both goes by the first. */
function unlessHeld(held: HeldFile | undefined): Readonly<Record<string, string>> {
  const { etag, lastModified } = held?.version ?? {};
  return {
    ...(etag !== undefined && { 'if-none-match': etag }),
    ...(lastModified !== undefined && { 'if-modified-since': lastModified }),
  };
}

/** What is kept of a header: an entity tag has some 40 characters, and a date 29. */
const MAX_VALIDATOR_CHARACTERS = 256;

function versionIn({ headers }: HttpResponse): FileVersion {
  const etag = validator(headers['etag']);
  const lastModified = validator(headers['last-modified']);
  return {
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
  };
}

/** It is sent back as it came: nothing but what may stand in a header, and not at any length. */
function validator(value: string | undefined): string | undefined {
  const isFit = value !== undefined && /^[\x21-\x7e][\x20-\x7e]*$/.test(value);
  return isFit && value.length <= MAX_VALIDATOR_CHARACTERS ? value : undefined;
}

/** RFC 7617. */
function authorization(request: RetrievalRequest): Readonly<Record<string, string>> {
  const login = loginOf(request);
  if (login === undefined) return {};
  if (login.username.includes(':')) {
    throw unusable(request.url, 'its user has a colon', 'HTTP cannot say such a user name');
  }
  const both = Buffer.from(`${login.username}:${login.password}`, 'utf8');
  return { authorization: `Basic ${both.toString('base64')}` };
}

function wrongStatus(url: string, { status, headers }: HttpResponse): CertError {
  return new CertError('HTTP_STATUS', `Cannot fetch "${url}": HTTP status ${status}`, {
    hint: hintFor(status, headers['location']),
  });
}

function hintFor(status: number, location: string | undefined): string {
  if (status >= 300 && status < 400 && location !== undefined) {
    // Without what may be a password in it.
    const there = serverText(location.replace(/\/\/[^/?#]*@/, '//'));
    return `It is said to be at "${there}", and redirects are not followed: give that URL, if it is right`;
  }
  if (status === 401 || status === 403)
    return 'Check user and password, and that the user may read it';
  if (status === 404 || status === 410) return 'Check the path of the URL';
  return 'See the log of the server';
}
