import {
  CertError,
  errorClassOf,
  exitCodeOf,
  unreachable,
  type ErrorCode,
} from '../base/errors.ts';
import type { PKIFailureBit } from '../cmp/message/pki-status-info.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import type { EnrollmentResult } from '../lifecycle/result.ts';

/** How a job went, as far as it decides about the next one. */
export type JobOutcome =
  | { readonly type: 'done' }
  /** Someone else is at it: later, and nothing to count. */
  | { readonly type: 'busy' }
  | {
      /** See `Failing`. */
      readonly type: 'failing' | 'blocked';
      readonly code: ErrorCode;
      readonly text: string;
      /** The CA could not be reached at all: the next name need not ask it. */
      readonly isCaDown: boolean;
    };

/** What a CA may say differently by itself; every other bit needs a person to change something. */
const passing: ReadonlySet<string> = new Set<PKIFailureBit>([
  'systemUnavail',
  'systemFailure',
  'badTime',
  'timeNotAvailable',
  'transactionIdInUse',
  'duplicateCertReq',
]);

/** Tell whether a rejection with these bits may be none next time. */
export function isPassing(failInfo: readonly string[]): boolean {
  return failInfo.every((bit) => passing.has(bit));
}

/** Judge what a use case came to. */
export function outcomeOf(result: EnrollmentResult): JobOutcome {
  switch (result.type) {
    case 'issued':
    case 'revoked':
    case 'revocation-pending':
    // What follows is a poll, at its time.
    case 'waiting':
      return { type: 'done' };
    case 'rejected': {
      const { failInfo = [] } = result.status;
      const isFinal = !isPassing(failInfo);
      const text = [formatStatus(result.status), ...result.details].join('; ');
      // L12: by the word of anybody, nobody is made to wait for a day.
      const type = isFinal && result.isUnauthenticated !== true ? 'blocked' : 'failing';
      return { type, code: 'CMP_REJECTED', text, isCaDown: false };
    }
    // It would issue the like again, and each one counts at the CA.
    case 'refused':
      return { type: 'blocked', code: 'CERT_REFUSED', text: result.reason, isCaDown: false };
    case 'unconfirmed':
      return {
        type: 'failing',
        code: 'CMP_REJECTED',
        text: `the confirmation was refused: ${formatStatus(result.status)}`,
        isCaDown: false,
      };
    case 'expired':
      return {
        type: 'failing',
        code: 'NETWORK_TIMEOUT',
        text: 'the deadline of the CA profile has passed',
        isCaDown: false,
      };
    default:
      return unreachable(result);
  }
}

/** Codes of a name that somebody else works on at this moment. */
const busy: ReadonlySet<ErrorCode> = new Set([
  'IN_PROGRESS',
  'STORE_CONFLICT',
  'STORE_LOCKED',
  'TRANSACTION_OUTSTANDING',
]);

/** Exit codes of what does not get better by itself: configuration, and a certificate that is not valid. */
const forPeople: ReadonlySet<number> = new Set([
  exitCodeOf.CONFIG_INVALID,
  exitCodeOf.CERT_INVALID,
]);

/** Judge what a use case threw; what is no `CertError` is a bug, and is tried again like any other failure. */
export function outcomeOfError(error: unknown): JobOutcome {
  if (!(error instanceof CertError)) {
    const text = error instanceof Error ? error.message : String(error);
    return { type: 'failing', code: 'INTERNAL', text, isCaDown: false };
  }
  const { code, message: text } = error;
  if (busy.has(code)) return { type: 'busy' };
  const errorClass = errorClassOf[code];
  const isCaDown = errorClass === 'transport' || errorClass === 'http';
  const type = forPeople.has(exitCodeOf[code]) ? 'blocked' : 'failing';
  return { type, code, text, isCaDown };
}
