/**
 * What can break, as one closed union of stable codes.
 *
 * Expected outcomes ("waiting", "rejected by the CA", "unknown") are values and are not in here; what
 * is thrown anywhere in certkeeper is a `CertError`, or it is a bug. `docs/errors.md` lists the same
 * codes, and a test holds the two together.
 */
export type ErrorCode =
  | 'INTERNAL'
  | 'USAGE_INVALID'
  | 'NAME_INVALID'
  | 'DN_INVALID'
  | 'CONFIG_INVALID'
  | 'CA_UNKNOWN'
  | 'CERT_UNKNOWN'
  | 'CERT_EXISTS'
  | 'CERT_TRACKED'
  | 'TRANSACTION_OUTSTANDING'
  | 'IN_PROGRESS'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'SECRET_UNAVAILABLE'
  | 'KEY_UNUSABLE'
  | 'TOKEN_UNAVAILABLE'
  | 'TOKEN_PIN_WRONG'
  | 'NODE_TOO_OLD'
  | 'STORE_LOCKED'
  | 'STORE_CORRUPT'
  | 'STORE_NEWER'
  | 'STORE_FULL'
  | 'STORE_UNWRITABLE'
  | 'STORE_KEY_MISSING'
  | 'STORE_KEY_WRONG'
  | 'STORE_CONFLICT'
  | 'NETWORK_UNREACHABLE'
  | 'NETWORK_TIMEOUT'
  | 'TLS_UNTRUSTED'
  | 'TLS_REFUSED'
  | 'PROXY_REFUSED'
  | 'HTTP_STATUS'
  | 'HTTP_CONTENT_TYPE'
  | 'RESPONSE_TOO_LARGE'
  | 'RETRIEVAL_REFUSED'
  | 'HOST_KEY_UNTRUSTED'
  | 'DER_MALFORMED'
  | 'LIMIT_EXCEEDED'
  | 'PEM_MALFORMED'
  | 'CMP_ALGORITHM_UNSUPPORTED'
  | 'CMP_PROTECTION_MISSING'
  | 'CMP_PROTECTION_INVALID'
  | 'CMP_SIGNER_UNTRUSTED'
  | 'CMP_VERSION_UNSUPPORTED'
  | 'CMP_TRANSACTION_ID_MISMATCH'
  | 'CMP_NONCE_MISMATCH'
  | 'CMP_TIME_SKEW'
  | 'CMP_BODY_UNEXPECTED'
  | 'CMP_RESPONSE_INVALID'
  | 'CMP_REJECTED'
  | 'CMP_WAITING'
  | 'CERT_REFUSED'
  | 'CERT_INVALID'
  | 'DELIVERY_FAILED'
  | 'NOTIFICATION_FAILED';

/** Exit codes of the command line: one meaning each, the same for every command. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11;

/**
 * Exit code of each error code: 1 bug, 2 usage, 3 configuration, 4 store or token, 5 network, 6 peer not
 * authentic, 7 rejected by the CA, 8 still waiting, 9 certificate not valid, 10 done but not delivered. No
 * error has 11: it is what `doctor` ends with when it has found something.
 */
export const exitCodeOf: Readonly<Record<ErrorCode, ExitCode>> = {
  INTERNAL: 1,

  USAGE_INVALID: 2,
  NAME_INVALID: 2,
  DN_INVALID: 2,

  CONFIG_INVALID: 3,
  CA_UNKNOWN: 3,
  CERT_UNKNOWN: 3,
  CERT_EXISTS: 3,
  CERT_TRACKED: 3,
  TRANSACTION_OUTSTANDING: 3,
  IN_PROGRESS: 3,
  FILE_UNREADABLE: 3,
  FILE_UNWRITABLE: 3,
  SECRET_UNAVAILABLE: 3,
  KEY_UNUSABLE: 3,
  NODE_TOO_OLD: 3,

  TOKEN_UNAVAILABLE: 4,
  TOKEN_PIN_WRONG: 4,
  STORE_LOCKED: 4,
  STORE_CORRUPT: 4,
  STORE_NEWER: 4,
  STORE_FULL: 4,
  STORE_UNWRITABLE: 4,
  STORE_KEY_MISSING: 4,
  STORE_KEY_WRONG: 4,
  STORE_CONFLICT: 4,

  NETWORK_UNREACHABLE: 5,
  NETWORK_TIMEOUT: 5,
  TLS_UNTRUSTED: 5,
  TLS_REFUSED: 5,
  PROXY_REFUSED: 5,
  HTTP_STATUS: 5,
  HTTP_CONTENT_TYPE: 5,
  RESPONSE_TOO_LARGE: 5,
  RETRIEVAL_REFUSED: 5,
  HOST_KEY_UNTRUSTED: 5,

  DER_MALFORMED: 6,
  LIMIT_EXCEEDED: 6,
  PEM_MALFORMED: 3,
  CMP_ALGORITHM_UNSUPPORTED: 6,
  CMP_PROTECTION_MISSING: 6,
  CMP_PROTECTION_INVALID: 6,
  CMP_SIGNER_UNTRUSTED: 6,
  CMP_VERSION_UNSUPPORTED: 6,
  CMP_TRANSACTION_ID_MISMATCH: 6,
  CMP_NONCE_MISMATCH: 6,
  CMP_TIME_SKEW: 6,
  CMP_BODY_UNEXPECTED: 6,
  CMP_RESPONSE_INVALID: 6,

  CMP_REJECTED: 7,
  CMP_WAITING: 8,
  CERT_REFUSED: 9,
  CERT_INVALID: 9,
  DELIVERY_FAILED: 10,
  NOTIFICATION_FAILED: 5,
};

/** Tell whether a text is a code, as one that was stored may not be. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(exitCodeOf, text);
}

/** What an error of a transaction was about; counted apart from each other in `show cmp statistics`. */
export type ErrorClass = 'transport' | 'http' | 'asn1' | 'protection' | 'policy';

/**
 * The class of each error the peer or the network brings about: these end a transaction, or leave it
 * waiting. An error that is not in here is our own (a full disk, a wrong key) and leaves it as it is.
 */
export const errorClassOf: Readonly<Partial<Record<ErrorCode, ErrorClass>>> = {
  NETWORK_UNREACHABLE: 'transport',
  NETWORK_TIMEOUT: 'transport',
  TLS_UNTRUSTED: 'transport',
  TLS_REFUSED: 'transport',
  PROXY_REFUSED: 'transport',
  HTTP_STATUS: 'http',
  HTTP_CONTENT_TYPE: 'http',
  RESPONSE_TOO_LARGE: 'http',
  DER_MALFORMED: 'asn1',
  LIMIT_EXCEEDED: 'asn1',
  CMP_ALGORITHM_UNSUPPORTED: 'protection',
  CMP_PROTECTION_MISSING: 'protection',
  CMP_PROTECTION_INVALID: 'protection',
  CMP_SIGNER_UNTRUSTED: 'protection',
  CMP_VERSION_UNSUPPORTED: 'policy',
  CMP_TRANSACTION_ID_MISMATCH: 'policy',
  CMP_NONCE_MISMATCH: 'policy',
  CMP_TIME_SKEW: 'policy',
  CMP_BODY_UNEXPECTED: 'policy',
  CMP_RESPONSE_INVALID: 'policy',
};

/** What a `CertError` can carry beside its message. */
export interface CertErrorOptions {
  /** The error underneath, shown with `--verbose`. */
  readonly cause?: unknown;
  /** The next step for whoever reads the message: one imperative sentence, no final period. */
  readonly hint?: string;
  /** Hexadecimal transactionID of the CMP transaction this happened in. */
  readonly transactionID?: string;
}

/**
 * The one error class: a stable `code`, and a message that says what was attempted, with what value,
 * and why it failed. A secret never enters a message, a hint or a cause.
 */
export class CertError extends Error {
  override readonly name = 'CertError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly transactionID: string | undefined;

  constructor(code: ErrorCode, message: string, options: CertErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.transactionID = options.transactionID;
  }
}

/** Make the compiler prove that a union was handled to the end. */
export function unreachable(value: never): never {
  throw new CertError('INTERNAL', `Cannot get here with ${JSON.stringify(value)}`);
}

/** Throw unless an assumption of our own holds: a failure here is a bug, never a peer's doing. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new CertError('INTERNAL', `Cannot go on: ${what} does not hold`);
}
