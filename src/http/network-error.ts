import { CertError, type CertErrorOptions } from '../base/errors.ts';
import { errorCodeOf, seconds } from './connect-error.ts';
import type { HttpRoute } from './route.ts';
import { clientCertificateHint, refusedByServer } from './tls-error.ts';

/** The request that failed, as far as a message about it needs it; times in milliseconds. */
export interface FailedRequest {
  readonly url: string;
  readonly responseTimeoutMs: number;
  readonly totalTimeoutMs?: number;
  readonly isSecure: boolean;
  readonly route: HttpRoute;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNRESET: 'connection reset by the peer',
  EPIPE: 'connection closed by the peer',
  EHOSTUNREACH: 'no route to the host any more',
  ENETUNREACH: 'network unreachable by now',
  CLOSED: 'connection closed by the peer before the response was complete',
};

const maybeActedOn = 'The peer may have acted on the request all the same';

/**
 * Say what a request failed of that was connected, in our own words and codes.
 *
 * @param error what the HTTP client threw
 * @param isTotalExpired the deadline of the whole request had passed
 */
export function networkError(
  error: unknown,
  failed: FailedRequest,
  isTotalExpired: boolean,
): CertError {
  const { url, isSecure, route } = failed;
  const code = errorCodeOf(error);
  const detail = (hint: string): CertErrorOptions => ({ cause: error, hint });
  if (isTotalExpired) {
    return new CertError(
      'NETWORK_TIMEOUT',
      `Cannot get a response from "${url}": not complete after ${seconds(failed.totalTimeoutMs ?? 0)}`,
      detail(maybeActedOn),
    );
  }
  switch (code) {
    case 'SILENCE':
      return new CertError(
        'NETWORK_TIMEOUT',
        `Cannot get a response from "${url}": silence for ${seconds(failed.responseTimeoutMs)}`,
        detail(maybeActedOn),
      );
    case 'ETIMEDOUT':
      return new CertError(
        'NETWORK_TIMEOUT',
        `Cannot get a response from "${url}": the host does not answer any more`,
        detail(maybeActedOn),
      );
    case 'HPE_HEADER_OVERFLOW':
      return new CertError(
        'RESPONSE_TOO_LARGE',
        `Cannot read the response of "${url}": its header is too long`,
        detail('Check that the URL is that of the service'),
      );
    case '': // neither network nor HTTP brings that about
    case 'ERR_INVALID_ARG_TYPE':
    case 'ERR_INVALID_CHAR':
    case 'ERR_UNESCAPED_CHARACTERS':
      return new CertError('INTERNAL', `Cannot send a request to "${url}"`, { cause: error });
    default:
      break;
  }
  if (code.startsWith('HPE_')) {
    return new CertError(
      'NETWORK_UNREACHABLE',
      `Cannot get a response from "${url}": what answers there does not speak HTTP`,
      detail('Check scheme and port: is it https, or another service'),
    );
  }
  // Some TLS servers close on what is no TLS, and say nothing.
  if (!isSecure && (code === 'CLOSED' || code === 'ECONNRESET')) {
    return new CertError(
      'NETWORK_UNREACHABLE',
      `Cannot get a response from "${url}": ${reasons[code] ?? code}`,
      detail(`${maybeActedOn}. If its port is one of TLS, the URL begins with https`),
    );
  }
  const refused = isSecure && refusedByServer(error, { url, settings: route.tls ?? {} });
  if (refused) return refused;
  return new CertError(
    'NETWORK_UNREACHABLE',
    `Cannot get a response from "${url}": ${reasons[code] ?? code}`,
    // Some servers drop a client without certificate only now, and say nothing.
    detail(isSecure ? `${clientCertificateHint(route.tls ?? {})}. ${maybeActedOn}` : maybeActedOn),
  );
}
