import { CertError, type CertErrorOptions } from '../base/errors.ts';
import type { HttpRoute } from './route.ts';

/** What a message about a failed connection needs; times in milliseconds. */
export interface FailedCall {
  readonly url: string;
  readonly route: HttpRoute;
  readonly timeoutMs?: number;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the peer',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'the name server did not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'no local address for the connection',
  CLOSED: 'connection closed by the peer',
};

/**
 * Say why no connection came about, to the server or to the proxy before it. The request cannot have arrived.
 *
 * @param error what the socket, or the HTTP client that spoke to the proxy, threw
 */
export function connectError(error: unknown, { url, route, timeoutMs }: FailedCall): CertError {
  const code = errorCodeOf(error);
  const { proxy } = route;
  const what =
    proxy === undefined
      ? `Cannot connect to "${url}"`
      : `Cannot connect to "${url}" through proxy "${proxy.url}"`;
  const detail = (hint: string): CertErrorOptions => ({
    ...(error instanceof Error && { cause: error }),
    hint,
  });
  if (code === 'CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    const within = timeoutMs === undefined ? 'in time' : `within ${seconds(timeoutMs)}`;
    return new CertError(
      'NETWORK_TIMEOUT',
      `${what}: no answer ${within}`,
      detail(
        proxy === undefined
          ? 'Check host, port and firewall'
          : 'Check host and port of the URL and of the proxy, and the firewall',
      ),
    );
  }
  if (code.startsWith('HPE_') && proxy !== undefined) {
    return new CertError(
      'NETWORK_UNREACHABLE',
      `${what}: what answers there does not speak HTTP`,
      detail('Check host and port of the proxy'),
    );
  }
  return new CertError(
    'NETWORK_UNREACHABLE',
    `${what}: ${reasons[code] ?? code}`,
    detail(
      proxy === undefined
        ? 'Check host and port, and that the service is running'
        : 'Check host and port of the proxy, and that it is running',
    ),
  );
}

/**
 * Find the code of what Node.js threw; empty when it has none. A connection that was closed in good order, only
 * too early, has the code of a reset there; here it is CLOSED.
 */
export function errorCodeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if (!('code' in error) || typeof error.code !== 'string') return '';
  const message = error instanceof Error ? error.message : '';
  const isClosed =
    message === 'socket hang up' || message === 'aborted' || message.startsWith('Client network ');
  return error.code === 'ECONNRESET' && isClosed ? 'CLOSED' : error.code;
}

/** Format milliseconds for a message. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
