import { CertError, type ErrorCode } from '../base/errors.ts';
import { cut, printable } from '../base/printable.ts';
import { connectError, errorCodeOf } from './connect-error.ts';
import type { TlsSettings } from './route.ts';

/** A TLS handshake that failed. */
export interface FailedHandshake {
  readonly url: string;
  /** The name the server should have. */
  readonly name: string;
  readonly settings: TlsSettings;
  /** We did not believe the server; otherwise it is the server that gave up, or the network. */
  readonly isUntrusted: boolean;
}

/** How much is repeated of the names in a certificate. */
const MAX_NAMES_CHARACTERS = 200;

/**
 * Say what a TLS handshake failed of, and which setting of the CA profile is about that.
 *
 * @param error what the TLS socket threw; it is kept as the cause, and holds public things only
 */
export function tlsError(error: unknown, failed: FailedHandshake): CertError {
  const { url, isUntrusted } = failed;
  const code = errorCodeOf(error);
  if (isUntrusted) return untrusted(error, code, failed);
  const refused = refusedByServer(error, failed);
  if (refused) return refused;
  const reason = reasonOf(error);
  if (/wrong version number|packet length too long|http request/.test(reason)) {
    return failure(
      'NETWORK_UNREACHABLE',
      failed,
      error,
      'what answers there does not speak TLS',
      'Check scheme and port: is it http',
    );
  }
  if (/unsupported protocol|version too low/.test(reason)) {
    return failure(
      'TLS_REFUSED',
      failed,
      error,
      'the server speaks no TLS that is new enough',
      'Have the server speak TLS 1.2 or 1.3',
    );
  }
  if (code.startsWith('ERR_')) {
    return failure(
      'NETWORK_UNREACHABLE',
      failed,
      error,
      `TLS failed: ${reason}`,
      'Check that the URL is that of the service',
    );
  }
  if (code === 'CLOSED' || code === 'ECONNRESET' || code === 'EPIPE') {
    return failure(
      'NETWORK_UNREACHABLE',
      failed,
      error,
      'connection closed by the peer in the TLS handshake',
      clientCertificateHint(failed.settings),
    );
  }
  return connectError(error, { url, route: {} });
}

/** The alerts of RFC 8446 section 6.2 by the names OpenSSL has for them, as far as a setting is about them. */
const alertHints: readonly (readonly [RegExp, string])[] = [
  [/protocol version/, 'Have the server speak TLS 1.2 or 1.3'],
  [/unrecognized name/, 'Check the host in the URL, or name the server with tls-server-name NAME'],
];

/**
 * Take an alert for what it is: the server's no. In TLS 1.3 the one about our certificate comes when the
 * handshake is over for us, in place of a response.
 */
export function refusedByServer(
  error: unknown,
  failed: Pick<FailedHandshake, 'url' | 'settings'>,
): CertError | undefined {
  const reason = reasonOf(error);
  if (!/\balert\b/.test(reason)) return undefined;
  const alert = reason.replace(/^(?:tlsv1|sslv3|tlsv13|ssl\/tls) alert /, '');
  const other = alertHints.find(([pattern]) => pattern.test(alert))?.[1];
  return failure(
    'TLS_REFUSED',
    failed,
    error,
    `the server refused TLS: ${alert}`,
    other ?? clientCertificateHint(failed.settings),
  );
}

/** Say what to try when a server ends TLS without, or with hardly, a word. */
export function clientCertificateHint({ clientCertificate }: TlsSettings): string {
  return clientCertificate === undefined
    ? 'The server may want a certificate of the client: name one with tls-client-cert NAME'
    : 'Check that the server accepts the certificate of tls-client-cert, and that it has not expired';
}

function untrusted(error: unknown, code: string, failed: FailedHandshake): CertError {
  const { name, settings } = failed;
  const say = (why: string, hint: string): CertError =>
    failure('TLS_UNTRUSTED', failed, error, why, hint);
  switch (code) {
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'ERR_TLS_CERT_ALTNAME_FORMAT':
      return say(
        `the server's certificate is for ${namesIn(error)}, not for "${name}"`,
        'Check the host in the URL; if the server goes by another name, say so with tls-server-name NAME',
      );
    case 'CERT_HAS_EXPIRED':
      return say(
        "the server's certificate, or one that leads to its root, has expired",
        'Have the server get a new one, or correct the clock here',
      );
    case 'CERT_NOT_YET_VALID':
      return say(
        "the server's certificate, or one that leads to its root, is not valid yet",
        'Correct the clock here, or there',
      );
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return say(
        `the server's certificate does not lead to ${anchorsOf(settings)}`,
        'Give the root of the server with tls-root FILE; if it is given, have the server send its intermediates',
      );
    default:
      return say(
        `the server's certificate is not accepted: ${reasonOf(error)}`,
        'Check the certificate of the server, and tls-root',
      );
  }
}

function anchorsOf({ anchors = [], anchorsAre }: TlsSettings): string {
  if (anchors.length === 0) return 'a root that the system trusts';
  return anchorsAre ?? 'a certificate in tls-root';
}

/** The names a peer's certificate has, made safe to print. */
function namesIn(error: unknown): string {
  const none = 'nobody';
  if (!(error instanceof Error) || !('cert' in error)) return none;
  const { cert } = error;
  if (typeof cert !== 'object' || cert === null) return none;
  const names = 'subjectaltname' in cert ? cert.subjectaltname : undefined;
  if (typeof names === 'string') return printable(cut(names, MAX_NAMES_CHARACTERS));
  const subject = 'subject' in cert ? cert.subject : undefined;
  if (typeof subject !== 'object' || subject === null || !('CN' in subject)) return none;
  return printable(cut(`CN=${String(subject.CN)}`, MAX_NAMES_CHARACTERS));
}

/** What OpenSSL calls it, in short. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('reason' in error && typeof error.reason === 'string') return printable(error.reason);
  return printable(error.message.split('\n')[0] ?? '');
}

function failure(
  code: ErrorCode,
  { url }: Pick<FailedHandshake, 'url'>,
  cause: unknown,
  why: string,
  hint: string,
): CertError {
  return new CertError(code, `Cannot connect to "${url}": ${why}`, { cause, hint });
}
