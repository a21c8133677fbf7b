import type { LifecycleEvent, Operation } from '../base/events.ts';
import type { Label } from '../base/label.ts';

/** How a transaction ended; `text` says why. */
export type TransactionOutcome =
  | { readonly type: 'granted' }
  | {
      readonly type: 'revoked';
      /** The certificate that is revoked now, where it is one of ours. */
      readonly certificateId?: number;
      /** CRLReason by its RFC name. */
      readonly reason?: string;
      readonly text?: string;
    }
  | {
      readonly type: 'failed';
      readonly text: string;
      /** The CA has answered, and nobody knows what that was. */
      readonly mayHaveIssued?: boolean;
    }
  | {
      readonly type: 'refused' | 'rejected' | 'unconfirmed' | 'cleared';
      readonly text: string;
    };

/** What `show cmp history` prints a line of. */
export interface HistoryRecord {
  /** Hexadecimal. */
  readonly transactionID: string;
  readonly operation: Operation;
  readonly name: Label;
  readonly ca: Label;
  readonly result: 'outstanding' | TransactionOutcome['type'];
  readonly openedAt: Date;
  readonly closedAt?: Date;
  readonly text?: string;
  /** PKIFailureInfo bits by their RFC names. */
  readonly failInfo?: readonly string[];
}

/** An exchange that was over before it was written: it never was outstanding (genm). */
export type ClosedExchange = Omit<HistoryRecord, 'result' | 'closedAt'> & {
  readonly result: Exclude<HistoryRecord['result'], 'outstanding'>;
  readonly closedAt: Date;
};

/** The last transactions: as many as the setting `history-limit` says, 100 without it. */
export interface History {
  /** Newest first. */
  list(limit?: number): Promise<readonly HistoryRecord[]>;
  /** The newest one of a name. */
  last(name: string): Promise<HistoryRecord | undefined>;
  /** Write an exchange that is over, counted as a transaction is, in one write with its events. */
  record(exchange: ClosedExchange, events: readonly LifecycleEvent[]): Promise<void>;
}

/** One number of `show cmp statistics`; `src/store/project.ts` names the counters. */
export interface Counter {
  readonly ca: string;
  readonly counter: string;
  readonly value: number;
  /** When it was last added to; absent for one not added to since certkeeper keeps that. */
  readonly lastAt?: Date;
}

/** How long the transactions of one kind took, from their opening until the CA had decided. */
export interface Duration {
  readonly ca: string;
  readonly operation: Operation;
  /** How many there were. */
  readonly count: number;
  readonly totalMs: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** All counters at one moment. */
export interface StatisticsSnapshot {
  /** When counting began; absent while nothing was ever counted. */
  readonly since?: Date;
  /** By CA, then by counter; a counter that is zero is not in here. */
  readonly counters: readonly Counter[];
  /** By CA, then by operation. */
  readonly durations: readonly Duration[];
}

/** What was counted, by CA. */
export interface Statistics {
  read(): Promise<StatisticsSnapshot>;
  /** Count what changes nothing else that is stored. */
  record(events: readonly LifecycleEvent[]): Promise<void>;
  /** Start again from zero. */
  clear(at: Date): Promise<void>;
}
