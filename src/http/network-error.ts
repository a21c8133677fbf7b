import { CertError, type CertErrorOptions } from '../base/errors.ts';

/** The request that failed, as far as a message about it needs it; times in milliseconds. */
export interface FailedRequest {
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly totalTimeoutMs?: number;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the peer',
  EPIPE: 'connection closed by the peer',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'the name server did not answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'network unreachable',
  EADDRNOTAVAIL: 'no local address for the connection',
  CLOSED: 'connection closed by the peer before the response was complete',
};

/** Failures before a connection stands: the request cannot have arrived. */
const unsent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

const maybeActedOn = 'The peer may have acted on the request all the same';

/**
 * Say what a failed request failed of, in our own words and codes.
 *
 * @param error what the HTTP client threw
 * @param isTotalExpired the deadline of the whole request had passed
 */
export function networkError(
  error: unknown,
  failed: FailedRequest,
  isTotalExpired: boolean,
): CertError {
  const { url } = failed;
  const code = codeOf(error);
  const detail = (hint: string): CertErrorOptions => ({ cause: error, hint });
  if (isTotalExpired) {
    return new CertError(
      'NETWORK_TIMEOUT',
      `Cannot get a response from "${url}": not complete after ${seconds(failed.totalTimeoutMs ?? 0)}`,
      detail(maybeActedOn),
    );
  }
  switch (code) {
    case '':
      // Neither network nor HTTP brings that about.
      return new CertError('INTERNAL', `Cannot send a request to "${url}"`, { cause: error });
    case 'CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return new CertError(
        'NETWORK_TIMEOUT',
        `Cannot connect to "${url}": no answer within ${seconds(failed.connectTimeoutMs)}`,
        detail('Check host, port and firewall'),
      );
    case 'SILENCE':
      return new CertError(
        'NETWORK_TIMEOUT',
        `Cannot get a response from "${url}": silence for ${seconds(failed.responseTimeoutMs)}`,
        detail(maybeActedOn),
      );
    case 'HPE_HEADER_OVERFLOW':
      return new CertError(
        'RESPONSE_TOO_LARGE',
        `Cannot read the response of "${url}": its header is too long`,
        detail('Check that the URL is that of the service'),
      );
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
  if (unsent.has(code)) {
    return new CertError(
      'NETWORK_UNREACHABLE',
      `Cannot connect to "${url}": ${reasons[code] ?? code}`,
      detail('Check host and port, and that the service is running'),
    );
  }
  if (error instanceof Error && /wrong version number|packet length too long/.test(error.message)) {
    return new CertError(
      'NETWORK_UNREACHABLE',
      `Cannot connect to "${url}": what answers there does not speak TLS`,
      detail('Check scheme and port: is it http'),
    );
  }
  if (url.toLowerCase().startsWith('https:') && isTlsCode(code)) {
    return new CertError(
      'NETWORK_UNREACHABLE',
      `Cannot connect to "${url}": TLS failed: ${error instanceof Error ? (error.message.split('\n')[0] ?? code) : code}`,
      detail('Check that the server certificate is valid for this host and issued by a trusted CA'),
    );
  }
  return new CertError(
    'NETWORK_UNREACHABLE',
    `Cannot get a response from "${url}": ${reasons[code] ?? code}`,
    detail(maybeActedOn),
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return '';
  // Node.js gives the code of a reset to a connection that was closed in good order, only too early.
  const isClosed = error.message === 'socket hang up' || error.message === 'aborted';
  return error.code === 'ECONNRESET' && isClosed ? 'CLOSED' : error.code;
}

/** OpenSSL's verification results come as their bare names (X509_V_ERR_ taken off), the rest as ERR_. */
function isTlsCode(code: string): boolean {
  return /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO)|CERT|SIGNATURE|CA_/.test(code);
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
