import { CertError } from '../../base/errors.ts';
import { Connection } from '../../http/connection.ts';
import { request, type HttpResponse } from '../../http/request.ts';
import type { HttpProxy, HttpRoute } from '../../http/route.ts';
import { parseHttpUrl } from '../../http/url.ts';
import type { Transport } from './transport.ts';

/** Where a CA is, and how long it may take. */
export interface HttpTransportSettings {
  /** Used as it is: any path, with or without trailing slash (RFC 9811 section 3.4). */
  readonly url: string;
  /** TLS and proxy; straight, with what the system trusts, when absent. */
  readonly route?: HttpRoute;
  readonly connectTimeoutMs: number;
  /** From the request to the end of the response. */
  readonly responseTimeoutMs: number;
  readonly maxResponseOctets?: number;
}

/**
 * Longest PKIMessage that is read. A response with a chain is 2 to 10 kB; twenty certificates with the
 * largest post-quantum signatures (SLH-DSA-256f, 50 kB each) still fit.
 */
export const MAX_RESPONSE_OCTETS: number = 1 << 20;

/** How much of a foreign text is repeated in a message. */
const EXCERPT_CHARACTERS = 80;

/**
 * Open CMP over HTTP (RFC 9811 section 3): one connection, one POST per message.
 *
 * @throws {CertError} CONFIG_INVALID for a URL that is not plain http or https
 */
export function openHttpTransport(settings: HttpTransportSettings): Transport {
  const { url, connectTimeoutMs, responseTimeoutMs } = settings;
  const connection = new Connection(parseHttpUrl(url).origin, settings.route);
  const limits = {
    connectTimeoutMs,
    responseTimeoutMs,
    totalTimeoutMs: connectTimeoutMs + responseTimeoutMs,
    maxBytes: settings.maxResponseOctets ?? MAX_RESPONSE_OCTETS,
  };
  return {
    async exchange(der, signal) {
      // Whatever connection there is: which transaction it belongs to is said inside.
      const response = await request({
        url,
        method: 'POST',
        // T1: RFC 9811 section 3.
        headers: { 'content-type': 'application/pkixcmp' },
        body: der,
        connection,
        limits,
        ...(signal === undefined ? {} : { signal }),
      });
      return messageOf(response, url, connection.forwarder);
    },
    close: () => connection.close(),
  };
}

/**
 * Take the PKIMessage out of a response. It counts with 2xx, 4xx and 5xx alike (RFC 9811 section 3.1):
 * what it says is protected, the status is not.
 */
function messageOf(
  response: HttpResponse,
  url: string,
  forwarder: HttpProxy | undefined,
): Uint8Array {
  const { status, headers, body, isCut = false } = response;
  const isRedirect = status >= 300 && status <= 399;
  // T2, T3, T10: an error status with a PKIMessage is that message, and no more or less to be believed.
  const isWhole = isCmp(headers['content-type']) && body.length > 0 && !isCut;
  // T4: whoever redirects us is not the CA that was configured.
  if (isWhole && !isRedirect) return body;
  if (isRedirect) {
    const location = headers['location'];
    const target = location === undefined ? 'no Location' : `Location "${excerpt(location)}"`;
    throw new CertError(
      'HTTP_STATUS',
      `Cannot use the response of "${url}": HTTP ${status}, ${target}`,
      {
        hint: 'Redirects are not followed; set the URL of the CA to where the service really is',
      },
    );
  }
  const came = describe(headers['content-type'], body);
  if (status !== 200) {
    throw new CertError(
      'HTTP_STATUS',
      `Cannot use the response of "${url}": HTTP ${status}, ${came}`,
      {
        hint: isToldOfTls(body)
          ? 'Check scheme and port: what answers there wants https'
          : statusHint(status, forwarder),
      },
    );
  }
  throw new CertError('HTTP_CONTENT_TYPE', `Cannot use the response of "${url}": ${came}`, {
    hint: 'Check that the URL is that of the CMP service; it answers as application/pkixcmp',
  });
}

/** Between us and the CA, a proxy that takes plain http answers in its name where it does not get through. */
function statusHint(status: number, forwarder: HttpProxy | undefined): string {
  if (forwarder === undefined)
    return 'Check the path of the URL; if it is right, see the log of the CA';
  // tinyproxy says 401 to a wrong password, where 407 is meant for that.
  return status === 401 && forwarder.credentials
    ? 'Check proxy-user and proxy-password; if they are right, it is the CA that answers so'
    : 'Check the path of the URL; if it is right, see the log of the proxy, then that of the CA';
}

/** Web servers say so to plain http on a port for TLS: nginx and apache in these words. */
function isToldOfTls(body: Uint8Array): boolean {
  const start = new TextDecoder().decode(body.subarray(0, 1024));
  return /plain HTTP (?:request was sent )?to (?:an )?(?:HTTPS port|SSL-enabled)/i.test(start);
}

/** Media types compare without case and parameters; `-poll` is the polling of drafts before RFC 6712. */
function isCmp(contentType: string | undefined): boolean {
  const mediaType = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  return mediaType === 'application/pkixcmp' || mediaType === 'application/pkixcmp-poll';
}

function describe(contentType: string | undefined, body: Uint8Array): string {
  const type =
    contentType === undefined ? 'no Content-Type' : `Content-Type "${excerpt(contentType)}"`;
  if (body.length === 0) return `${type}, empty body`;
  if (isCmp(contentType)) return `${type}, ${body.length} octets`;
  // Four octets are the longest character of UTF-8.
  const start = new TextDecoder().decode(body.subarray(0, 4 * EXCERPT_CHARACTERS));
  return `${type}, body begins "${excerpt(start)}"`;
}

/** Make a peer's text safe to print: no control characters, no quotes, one line, bounded. */
function excerpt(text: string): string {
  const printable = text
    .replaceAll(/[^\P{C}\n\r\t]|["\uFFFD]/gu, '.')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return [...printable].slice(0, EXCERPT_CHARACTERS).join('');
}
