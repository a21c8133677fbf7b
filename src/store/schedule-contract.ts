import type { ErrorCode } from '../base/errors.ts';
import type { Label } from '../base/label.ts';

/** A name that is to be looked at, as it was when it was read. */
export interface ScheduleEntry {
  readonly name: Label;
  /** Counts the changes to what is stored of the name: who plans by an older state is told so. */
  readonly revision: number;
}

/** A name whose time has come. */
export interface DueEntry extends ScheduleEntry {
  readonly at: Date;
}

/** When to look at a name again. */
export interface SchedulePlan {
  readonly entry: ScheduleEntry;
  /** Absent: when something about it changes. */
  readonly at: Date | undefined;
}

/** What does not work about a name at present, and since when. */
export interface FailingRecord {
  /** Job that is tried again; the scheduler names them. */
  readonly job: string;
  readonly kind: 'failing' | 'blocked';
  /** Tried in vain so often. */
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly code: ErrorCode;
  readonly text: string;
}

/** A CA that does not answer. */
export interface CaHealth {
  readonly ca: Label;
  readonly count: number;
  readonly lastAt: Date;
}

/**
 * When to look at which name. Whatever changes what is stored of a name makes it due at once, in the same write: a
 * command needs not know that there is an agent, and an agent that was killed misses nothing.
 */
export interface Schedule {
  /**
   * Names whose time has come, the longest overdue first.
   *
   * @param after the last one of those that were read before
   */
  due(now: Date, limit: number, after?: DueEntry): Promise<readonly DueEntry[]>;
  /** A name as it is now; absent when it is forgotten. */
  entry(name: Label): Promise<ScheduleEntry | undefined>;
  /** The names there is something of, by name; all of them without a limit. */
  all(limit?: number): Promise<readonly ScheduleEntry[]>;
  /** How many these are. */
  count(): Promise<number>;
  /** When the next time comes, or came; with `after` the next one after that. Absent when there is none. */
  next(after?: Date): Promise<Date | undefined>;
  /**
   * Say when to look at names again, in one write.
   *
   * @returns those that have changed since they were read: they stay due
   */
  plan(plans: readonly SchedulePlan[]): Promise<readonly ScheduleEntry[]>;
  /** Forget a name of which nothing is stored any more. @returns `false`, as `plan`, when it has changed */
  forget(entry: ScheduleEntry): Promise<boolean>;
  /** Make every name due: the clock has jumped, or a setting for all was changed. */
  wake(): Promise<void>;
  /** What does not work about a name. */
  failing(name: string): Promise<readonly FailingRecord[]>;
  /** What does not work about any name, longest first. */
  failures(limit: number): Promise<readonly (FailingRecord & { readonly name: Label })[]>;
  /** Write that a job did not work; its count and when it began go on from what is stored. */
  failed(
    name: Label,
    failure: Omit<FailingRecord, 'count' | 'firstAt' | 'lastAt'> & { readonly at: Date },
  ): Promise<FailingRecord>;
  /** Forget that a job did not work; absent: all jobs of the name. */
  recovered(name: string, job?: string): Promise<void>;
  /** When a name got its certificates since a moment, oldest first. */
  issuedSince(name: string, since: Date): Promise<readonly Date[]>;
  /** The CAs that do not answer. */
  silentCas(): Promise<readonly CaHealth[]>;
  /** Write that a CA did not answer. */
  caSilent(ca: Label, at: Date): Promise<CaHealth>;
  /** Write that a CA has answered, whatever it said. */
  caAnswered(ca: string): Promise<void>;
}
