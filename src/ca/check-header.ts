import { formatTime } from '../base/format-time.ts';
import { bytesEqual } from '../base/bytes.ts';
import type { PKIHeader } from '../cmp/message/pki-header.ts';
import { certificateDer } from '../x509/certificate.ts';
import type { Sender } from './authenticate.ts';
import type { LabTransaction } from './ledger-records.ts';
import { refusal, type Refusal } from './refusal.ts';

/** RFC 9810 section 5.1.1 asks for 128 bits. */
const MIN_NONCE_OCTETS = 16;
// What a client chooses is stored, so it is bounded; 128 bits is what RFC 9810 section 5.1.1 recommends.
const MAX_ID_OCTETS = 64;

/** Check the version; before anything else, because another version may mean other rules. */
export function checkVersion({ pvno }: PKIHeader): Refusal | undefined {
  if (pvno === 2 || pvno === 3) return undefined;
  return refusal('unsupportedVersion', `pvno is ${pvno}, supported are 2 and 3`);
}

/** Check the fields every message needs (RFC 9483 section 3.5). */
export function checkHeader(
  header: PKIHeader,
  at: Date,
  timeToleranceSeconds: number,
): Refusal | undefined {
  const { transactionID, senderNonce, messageTime } = header;
  if (!transactionID || transactionID.length === 0 || transactionID.length > MAX_ID_OCTETS) {
    return refusal('badDataFormat', 'transactionID is missing, empty or over 64 octets');
  }
  if (!senderNonce || senderNonce.length < MIN_NONCE_OCTETS) {
    return refusal('badSenderNonce', 'senderNonce is missing or shorter than 16 octets');
  }
  if (!messageTime || timeToleranceSeconds === 0) return undefined;
  const skewSeconds = Math.abs(messageTime.getTime() - at.getTime()) / 1000;
  if (skewSeconds <= timeToleranceSeconds) return undefined;
  return refusal(
    'badTime',
    `messageTime ${formatTime(messageTime)} is ${Math.round(skewSeconds)} s off, allowed are ${timeToleranceSeconds} s`,
  );
}

/** Check that a later message belongs to its transaction: same sender, and an answer to our last message. */
export function checkContinuation(
  header: PKIHeader,
  sender: Sender,
  transaction: LabTransaction,
): Refusal | undefined {
  const { reference, signer, senderNonce } = transaction;
  if ((sender.type === 'mac') !== (reference !== undefined)) {
    return refusal('wrongIntegrity', 'The transaction was begun with another kind of protection');
  }
  const isSame =
    sender.type === 'mac'
      ? sender.reference === reference
      : signer !== undefined && bytesEqual(signer, certificateDer(sender.certificate));
  if (!isSame) return refusal('notAuthorized', 'The transaction was begun by somebody else');
  const { recipNonce } = header;
  if (recipNonce && bytesEqual(recipNonce, senderNonce)) return undefined;
  return refusal('badRecipientNonce', 'recipNonce is not the senderNonce of the last answer');
}
