import { formatTime } from '../../base/format-time.ts';
import { CertError } from '../../base/errors.ts';
import { bytesEqual, toHex } from '../../base/bytes.ts';
import { oidName, oids, type Oid } from '../../asn1/oids.ts';
import { macEquals } from '../../crypto/mac.ts';
import type { Certificate } from '../../x509/certificate.ts';
import type { PKIMessage } from '../message/pki-message.ts';
import { computeMac, isMac } from './mac.ts';
import { receivedProtectedPart } from './protected-part.ts';
import { verifySigner, type Signer } from './signer.ts';
import { MAX_VERIFIED_TEXT, statusTextOf } from '../message/status-text.ts';
import { strict, type Tolerance, type Trust } from './trust.ts';

const verified: unique symbol = Symbol('verified');

/**
 * A message whose protection and header were checked. Only `verifyResponse` makes one, and the state
 * machine takes nothing else: an unverified message cannot reach it, because that does not compile.
 */
export interface VerifiedMessage {
  readonly message: PKIMessage;
  /** Absent under a MAC. */
  readonly signer?: Signer;
  readonly [verified]: true;
}

/** What an answer must fit. */
export interface Expected {
  readonly pvno: number;
  readonly transactionID: Uint8Array;
  /** senderNonce of the message just sent. */
  readonly senderNonce: Uint8Array;
  /** senderNonce of the request whose answer is delayed: the final answer may carry it (RFC 9483 section 4.4). */
  readonly delayedNonce?: Uint8Array;
  /** The poll was for a whole response message: then an ip that says `waiting` is the delayed answer itself. */
  readonly awaitsWholeResponse?: boolean;
  /** The secret the request was protected with; undefined when it was signed. */
  readonly secret?: Uint8Array;
  readonly trust: Trust;
  /** Certificates of the transaction's signer, seen earlier. */
  readonly known: readonly Certificate[];
  readonly at: Date;
  /** How far the CA's clock is known to be ahead of ours. */
  readonly clockOffsetMs?: number;
  /** 0 switches the check of messageTime off. */
  readonly timeToleranceSeconds: number;
  readonly tolerance?: Tolerance;
  /** When the message went out first, if that was long ago: the answer may be as old. */
  readonly sentAt?: Date;
}

/** RFC 9810 section 5.1.1 asks for 128 bits. */
const MIN_NONCE_OCTETS = 16;

/** MACs that are not done here: not to be taken for signatures. */
const otherMacs: ReadonlySet<Oid> = new Set([oids.dhBasedMac, oids.kemBasedMac]);

/**
 * Check protection first, over the received octets, then the header. Nothing in the body may be used before.
 *
 * @throws {CertError} CMP_PROTECTION_MISSING, CMP_PROTECTION_INVALID, CMP_SIGNER_UNTRUSTED,
 *   CMP_ALGORITHM_UNSUPPORTED, LIMIT_EXCEEDED, CMP_VERSION_UNSUPPORTED, CMP_TRANSACTION_ID_MISMATCH,
 *   CMP_NONCE_MISMATCH, CMP_TIME_SKEW
 * @see RFC 9483 section 3.5
 */
export function verifyResponse(message: PKIMessage, expected: Expected): VerifiedMessage {
  const signer = verifyProtection(message, expected);
  checkVersion(message, expected);
  checkTransactionID(message, expected);
  checkNonces(message, expected);
  checkTime(message, expected);
  return { message, ...(signer && { signer }), [verified]: true };
}

function verifyProtection(message: PKIMessage, expected: Expected): Signer | undefined {
  const { protectionAlg } = message.header;
  const body = message.body.type;
  // R6, R12: unprotected, it says nothing.
  if (!protectionAlg && !message.protection) {
    const text = statusTextOf(message.body);
    throw new CertError(
      'CMP_PROTECTION_MISSING',
      `Cannot accept "${body}": it is not protected${text && `; it says, unauthenticated: ${text}`}`,
      {
        hint:
          'Anyone on the network could have sent it; ask the CA why it does not protect its answers, ' +
          'or set "unprotected-errors yes" in its profile to take its rejections as they come',
      },
    );
  }
  if (!protectionAlg || !message.protection) {
    throw new CertError(
      'CMP_PROTECTION_INVALID',
      `Cannot accept "${body}": it has ${protectionAlg ? 'protectionAlg without protection' : 'protection without protectionAlg'}`,
    );
  }
  // PBMAC1 may answer PasswordBasedMac and the other way round: the secret is the same.
  if (isMac(protectionAlg)) {
    verifyMac(message, message.protection, expected);
    return undefined;
  }
  if (otherMacs.has(protectionAlg.algorithm)) {
    throw new CertError(
      'CMP_ALGORITHM_UNSUPPORTED',
      `Cannot verify "${body}": it is protected by "${oidName(protectionAlg.algorithm)}", expected passwordBasedMac, pbmac1 or a signature`,
    );
  }
  const { signedAnswers } = expected.tolerance ?? strict;
  // R8: the CA always signs errors (RFC 9810 section 5.3.21); anything else answers a MAC with a MAC, unless the
  // CA profile knows of one that signs everything. The signer is judged all the same.
  if (expected.secret !== undefined && body !== 'error' && !signedAnswers) {
    throw new CertError(
      'CMP_PROTECTION_INVALID',
      `Cannot accept "${body}": it is signed although the request was protected by a shared secret`,
      { hint: 'If this CA signs all its answers, set "signed-answers yes" in its profile' },
    );
  }
  return verifySigner(message, expected.trust, expected.known, expected.at);
}

function verifyMac(message: PKIMessage, protection: Uint8Array, expected: Expected): void {
  const { protectionAlg } = message.header;
  if (expected.secret === undefined || !protectionAlg) {
    throw new CertError(
      'CMP_PROTECTION_INVALID',
      `Cannot accept "${message.body.type}": it is protected by a shared secret although the request was signed`,
    );
  }
  const mac = computeMac(
    protectionAlg,
    expected.secret,
    receivedProtectedPart(message),
    expected.trust,
  );
  // R6, R7: over the octets received, in constant time.
  if (!macEquals(mac, protection)) {
    throw new CertError(
      'CMP_PROTECTION_INVALID',
      `Cannot verify "${message.body.type}": the MAC does not fit the shared secret`,
      {
        hint: 'Check secret and reference value: the CA may know another secret for this reference',
      },
    );
  }
}

function checkVersion({ header, body }: PKIMessage, expected: Expected): void {
  const { pvno } = header;
  const isRefusalOfVersion =
    body.type === 'error' && body.value.pKIStatusInfo.failInfo?.includes('unsupportedVersion');
  // R1: the version of the request, but for the error that says which one is spoken.
  if (pvno === expected.pvno || isRefusalOfVersion) return;
  // Some servers put another version into their errors: what those say is still of use.
  const text = statusTextOf(body, MAX_VERIFIED_TEXT);
  throw new CertError(
    'CMP_VERSION_UNSUPPORTED',
    `Cannot accept "${body.type}": pvno is ${pvno}, expected ${expected.pvno}${text && `; it says: ${text}`}`,
  );
}

function checkTransactionID({ header, body }: PKIMessage, expected: Expected): void {
  const { transactionID } = header;
  // R2, T8: this alone says what is answered, not the connection.
  if (transactionID && bytesEqual(transactionID, expected.transactionID)) return;
  throw new CertError(
    'CMP_TRANSACTION_ID_MISMATCH',
    `Cannot accept "${body.type}": transactionID is ${transactionID ? toHex(transactionID) : 'missing'}, expected ${toHex(expected.transactionID)}`,
  );
}

function checkNonces(message: PKIMessage, expected: Expected): void {
  const { recipNonce, senderNonce } = message.header;
  const { lenientErrorNonces } = expected.tolerance ?? strict;
  // Only what ends the transaction: whoever is told to wait has to know the nonce to answer.
  if (lenientErrorNonces && message.body.type === 'error' && isFinal(message, true)) return;
  const mayBeDelayed =
    expected.delayedNonce !== undefined && isFinal(message, expected.awaitsWholeResponse ?? false);
  // R3: a final answer may echo the request that was delayed, a pollRep the pollReq only.
  const wanted = mayBeDelayed
    ? [expected.senderNonce, expected.delayedNonce]
    : [expected.senderNonce];
  // R3: the answer to this message, and no replay.
  if (!recipNonce || !wanted.some((nonce) => nonce && bytesEqual(nonce, recipNonce))) {
    throw new CertError(
      'CMP_NONCE_MISMATCH',
      `Cannot accept "${message.body.type}": recipNonce is ${recipNonce ? toHex(recipNonce) : 'missing'}, expected ${toHex(expected.senderNonce)}`,
      { hint: 'The answer belongs to another request; it may be a replay' },
    );
  }
  // R4: the next message has to echo it.
  if (!senderNonce || senderNonce.length < MIN_NONCE_OCTETS) {
    throw new CertError(
      'CMP_NONCE_MISMATCH',
      `Cannot accept "${message.body.type}": senderNonce is ${senderNonce ? `only ${senderNonce.length} octets` : 'missing'}, expected ${MIN_NONCE_OCTETS} or more`,
    );
  }
}

/** Tell whether a message ends polling; another `waiting` does not. */
function isFinal({ body }: PKIMessage, isWholeResponse: boolean): boolean {
  switch (body.type) {
    case 'pollRep':
      return false;
    case 'error':
      return body.value.pKIStatusInfo.status !== 'waiting';
    case 'ip':
    case 'cp':
    case 'kup':
      return isWholeResponse || body.value.response[0]?.status.status !== 'waiting';
    default:
      return true;
  }
}

function checkTime({ header, body }: PKIMessage, expected: Expected): void {
  const { messageTime } = header;
  // R5: may be absent, and may be switched off.
  if (!messageTime || expected.timeToleranceSeconds === 0) return;
  // An error that says the clocks differ shows it, too; nonce and transactionID tell that it is new.
  const isAboutTime =
    body.type === 'error' && body.value.pKIStatusInfo.failInfo?.includes('badTime');
  if (isAboutTime) return;
  const ourTime = expected.at.getTime() + (expected.clockOffsetMs ?? 0);
  const skewSeconds = (messageTime.getTime() - ourTime) / 1000;
  const ageSeconds = (expected.at.getTime() - (expected.sentAt ?? expected.at).getTime()) / 1000;
  const { timeToleranceSeconds: tolerance } = expected;
  // R5: within the window.
  if (skewSeconds <= tolerance && -skewSeconds <= tolerance + Math.max(0, ageSeconds)) return;
  throw new CertError(
    'CMP_TIME_SKEW',
    `Cannot accept "${body.type}": its messageTime ${formatTime(messageTime)} is ${Math.round(Math.abs(skewSeconds))} s ${skewSeconds < 0 ? 'behind' : 'ahead of'} our clock, allowed are ${expected.timeToleranceSeconds} s`,
    {
      hint: 'Check the clock of this machine; "time-tolerance" of the CA profile sets what is allowed',
    },
  );
}
