import { CertError } from '../base/errors.ts';
import { errorCodeOf } from '../http/connect-error.ts';
import { unavailable, type Unavailable, type UnavailableCode } from '../revocation/verdict.ts';
import { OutOfTime } from './time-limit.ts';

/** What a name server says that knows no such host, or nothing at all. */
const dnsCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'ESERVFAIL']);

/**
 * Say by a stable code why nothing came from a place. What is none of its doing is `internal`.
 *
 * @param error what fetching threw
 */
export function fetchFailure(error: unknown): Unavailable {
  if (error instanceof OutOfTime) return unavailable('timeout', 'it took longer than the timeout');
  if (!(error instanceof CertError)) return unavailable('internal', 'an error that is ours');
  return unavailable(codeOf(error), lowered(error.message));
}

function codeOf({ code, cause }: CertError): UnavailableCode {
  switch (code) {
    case 'NETWORK_UNREACHABLE':
      return dnsCodes.has(errorCodeOf(cause)) ? 'dns' : 'connect';
    case 'NETWORK_TIMEOUT':
      return 'timeout';
    case 'TLS_UNTRUSTED':
    case 'TLS_REFUSED':
    case 'HOST_KEY_UNTRUSTED':
      return 'connect';
    // A proxy says no by a status, too.
    case 'PROXY_REFUSED':
    case 'HTTP_STATUS':
    case 'RETRIEVAL_REFUSED':
      return 'http-status';
    case 'RESPONSE_TOO_LARGE':
      return 'too-large';
    case 'DER_MALFORMED':
    case 'PEM_MALFORMED':
    case 'LIMIT_EXCEEDED':
      return 'malformed';
    // A place nobody can go to is none.
    case 'CONFIG_INVALID':
    case 'SECRET_UNAVAILABLE':
    case 'KEY_UNUSABLE':
    case 'CERT_UNKNOWN':
    case 'CERT_INVALID':
    case 'CERT_TRACKED':
    case 'FILE_UNREADABLE':
      return 'no-source';
    default:
      return 'internal';
  }
}

/** It ends a sentence. */
function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
