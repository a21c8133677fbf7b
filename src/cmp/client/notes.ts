import type { ErrorCode } from '../../base/errors.ts';
import type { ErrorClass } from '../../base/events.ts';
import { toHex } from '../../base/bytes.ts';
import type { PKIBody } from '../message/pki-message.ts';
import { statusInfoOf } from '../message/status-text.ts';
import type { TransactionState } from '../transaction/state.ts';
import type { Conversation, SavedStep } from './conversation.ts';

/** Write a step and all that was noted. */
export async function save(conversation: Conversation, saved: SavedStep): Promise<void> {
  await conversation.save(saved, conversation.pending.splice(0));
}

/** Note what happened, for the next save. */
export function note(
  { name, ca, clock, pending }: Conversation,
  { transactionID }: TransactionState,
  what: Noted,
): void {
  pending.push({ at: clock.now(), name, ca, transactionID: toHex(transactionID), ...what });
}

type Noted =
  | { readonly type: 'sent'; readonly body: string }
  | Received
  | { readonly type: 'waiting'; readonly until: Date; readonly text?: string }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly errorClass: ErrorClass };

interface Received {
  readonly type: 'received';
  readonly body: string;
  readonly status?: string;
  readonly failInfo?: readonly string[];
}

/** What is counted of a received body. */
export function describe(body: PKIBody): Omit<Received, 'type'> {
  const info = statusInfoOf(body);
  if (!info) return { body: body.type };
  const { status, failInfo } = info;
  return { body: body.type, status, ...(failInfo && { failInfo }) };
}
