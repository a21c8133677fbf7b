import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import type { PKIBody, PKIMessage } from '../cmp/message/pki-message.ts';
import type { Knowledge, Sender } from './authenticate.ts';
import type { Granter } from './granter.ts';
import type { LabPhase, LabTransaction } from './ledger-records.ts';
import type { Turn } from './ledger-records.ts';
import type { Refusal } from './refusal.ts';

/** What deciding needs. */
export type Deciding = Knowledge & Granter;

/** A message whose protection and header were checked. */
export interface Incoming {
  readonly message: PKIMessage;
  readonly transactionID: Uint8Array;
  readonly sender: Sender;
  /** What the ledger has under its transactionID. */
  readonly transaction?: LabTransaction;
}

/** What a request comes to: the body of its answer, and what becomes true with it. */
export interface Outcome extends Pick<Turn, 'issued' | 'certificateStatus' | 'revoked'> {
  readonly body: PKIBody;
  readonly phase: LabPhase;
  readonly generalInfo?: readonly InfoTypeAndValue[];
}

/** A request that was looked at. It may wait before it is fulfilled, and is then looked at once more. */
export interface Work {
  /** What `lab requests` shows. */
  readonly subject: string;
  /** The answer where no delay could change it. */
  readonly refused?: Outcome;
  fulfil(): Promise<Outcome>;
  /** The answer to somebody whose request was denied. */
  refuse(why: Refusal): Outcome;
}

/** A transaction as a turn leaves it; the nonce is put in when the answer is made. */
export type NextTransaction = Omit<LabTransaction, 'senderNonce' | 'request' | 'transactionID'>;

/** What a message leads to: an answer, and what to write down before it is sent. */
export interface Decision extends Omit<Outcome, 'phase'> {
  readonly type: 'decision';
  readonly transaction: NextTransaction;
  /** Set when the answer ends polling. */
  readonly endsDelay?: boolean;
}
