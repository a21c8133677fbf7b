import type { ErrorCode } from '../../base/errors.ts';
import type { PKIFailureBit } from './pki-status-info.ts';

/**
 * The failInfo that tells a sender what was wrong with its message (RFC 9483 section 3.5); undefined for
 * what is our own affair, or an outcome that carries a status of its own.
 */
export const failInfoOf: Readonly<Record<ErrorCode, PKIFailureBit | undefined>> = {
  DER_MALFORMED: 'badDataFormat',
  LIMIT_EXCEEDED: 'badDataFormat',
  CMP_ALGORITHM_UNSUPPORTED: 'badAlg',
  CMP_PROTECTION_MISSING: 'badMessageCheck',
  CMP_PROTECTION_INVALID: 'badMessageCheck',
  CMP_SIGNER_UNTRUSTED: 'signerNotTrusted',
  CMP_VERSION_UNSUPPORTED: 'unsupportedVersion',
  CMP_TRANSACTION_ID_MISMATCH: 'badRequest',
  CMP_NONCE_MISMATCH: 'badRecipientNonce',
  CMP_TIME_SKEW: 'badTime',
  CMP_BODY_UNEXPECTED: 'badRequest',
  CMP_RESPONSE_INVALID: 'badDataFormat',

  CMP_REJECTED: undefined,
  CMP_WAITING: undefined,
  CERT_REFUSED: undefined,
  CERT_INVALID: undefined,
  DELIVERY_FAILED: undefined,
  NOTIFICATION_FAILED: undefined,

  INTERNAL: undefined,
  USAGE_INVALID: undefined,
  NAME_INVALID: undefined,
  DN_INVALID: undefined,
  CONFIG_INVALID: undefined,
  CA_UNKNOWN: undefined,
  CERT_UNKNOWN: undefined,
  CERT_EXISTS: undefined,
  CERT_TRACKED: undefined,
  TRANSACTION_OUTSTANDING: undefined,
  IN_PROGRESS: undefined,
  FILE_UNREADABLE: undefined,
  FILE_UNWRITABLE: undefined,
  SECRET_UNAVAILABLE: undefined,
  KEY_UNUSABLE: undefined,
  TOKEN_UNAVAILABLE: undefined,
  TOKEN_PIN_WRONG: undefined,
  NODE_TOO_OLD: undefined,
  PEM_MALFORMED: undefined,

  STORE_LOCKED: undefined,
  STORE_CORRUPT: undefined,
  STORE_NEWER: undefined,
  STORE_FULL: undefined,
  STORE_UNWRITABLE: undefined,
  STORE_KEY_MISSING: undefined,
  STORE_KEY_WRONG: undefined,
  STORE_CONFLICT: undefined,

  NETWORK_UNREACHABLE: undefined,
  NETWORK_TIMEOUT: undefined,
  TLS_UNTRUSTED: undefined,
  TLS_REFUSED: undefined,
  PROXY_REFUSED: undefined,
  HTTP_STATUS: undefined,
  HTTP_CONTENT_TYPE: undefined,
  RESPONSE_TOO_LARGE: undefined,
  RETRIEVAL_REFUSED: undefined,
  HOST_KEY_UNTRUSTED: undefined,
};
