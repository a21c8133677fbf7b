import type { Condition } from './condition.ts';
import type { Urgency } from './severity.ts';

/** What is wrong with a source of revocation for peers, the worst first; the words of clmEventReason. */
export const sourceReasons = [
  /** It gives a CRL from before the one that is held. */
  'crl-rollback',
  /** It answers with what somebody signed who may not speak for the CA. */
  'responder-unauthorized',
  /** The CRL that is held of it should have been replaced by now. */
  'crl-expired',
  /** A CRL that is set up cannot be had, and nothing that holds still is there, or this lasts. */
  'source-failing',
] as const;

/** What is wrong with a source of revocation for peers. */
export type SourceReason = (typeof sourceReasons)[number];

/** Something that is wrong with a source. */
export interface SourceTrouble {
  /** URL without user and password. */
  readonly endpoint: string;
  readonly reason: SourceReason;
  readonly severity: Urgency;
  /** In words, without secrets. */
  readonly text?: string;
  /** Failed in a row. */
  readonly attempts?: number;
  /** nextUpdate of the CRL that is held. */
  readonly deadline?: Date;
}

/** Make the condition of a source that gives no fresh word on peers. */
export function sourceStale({ severity, text, ...details }: SourceTrouble): Condition {
  return {
    type: 'revocation-source-stale',
    severity,
    ...(text !== undefined && { text }),
    details,
  };
}

/** Tell whether an alarm of this reason is about a source for peers; others are of the clock, or of backups. */
export function isSourceReason(reason: string | undefined): reason is SourceReason {
  return sourceReasons.some((each) => each === reason);
}
