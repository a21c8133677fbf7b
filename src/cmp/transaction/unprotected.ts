import { bytesEqual } from '../../base/bytes.ts';
import type { PKIMessage } from '../message/pki-message.ts';
import { limitStatus, limitTexts, statusInfoOf } from '../message/status-text.ts';
import { answers } from './request.ts';
import type { TransactionState } from './state.ts';
import type { Step } from './step.ts';

/**
 * Take an unprotected rejection for a final answer, where the CA profile says so (row R12): an error message, or
 * an ip, cp, kup or rp that rejects. Anyone on the network could have sent it, so it never is a yes, leads to no
 * new attempt, and no pkiconf is taken this way.
 *
 * @returns undefined when the message is protected, says anything else, or belongs to another transaction
 */
export function unprotectedRejection(
  state: TransactionState,
  message: PKIMessage,
): Step | undefined {
  const { header, body } = message;
  if (header.protectionAlg || message.protection) return undefined;
  const { transactionID, recipNonce } = header;
  if (!transactionID || !bytesEqual(transactionID, state.transactionID)) return undefined;
  if (recipNonce && !bytesEqual(recipNonce, state.senderNonce)) return undefined;
  const status = statusInfoOf(body);
  // R12: never a yes, and never a pkiconf.
  if (status?.status !== 'rejection') return undefined;
  const phase = state.phase.type === 'polled' ? state.phase.value.from : state.phase;
  // R13: it fits what was sent, as any answer.
  const mayReject = phase.type === 'requested' && body.type === answers[state.request.type];
  if (body.type !== 'error' && !mayReject) return undefined;
  switch (phase.type) {
    case 'confirming':
      return { type: 'done', outcome: { type: 'unconfirmed', status: limitStatus(status) } };
    case 'refusing':
      return { type: 'done', outcome: { type: 'refused', reason: phase.value.reason } };
    default: {
      const details = body.type === 'error' ? limitTexts(body.value.errorDetails ?? []) : [];
      const rejected = { type: 'rejected', status: limitStatus(status), details } as const;
      return { type: 'done', outcome: { ...rejected, isUnauthenticated: true } };
    }
  }
}
