import type { PKIMessage } from '../message/pki-message.ts';
import type { Outcome } from './step.ts';

/** What a rejection says beside its status that a new attempt may go by (row L8): only of a verified message. */
export function saidIn({
  header: { messageTime, pvno },
}: PKIMessage): NonNullable<(Outcome & { readonly type: 'rejected' })['said']> {
  return { pvno, ...(messageTime && { messageTime }) };
}
