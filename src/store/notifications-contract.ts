import type { Alarm } from '../traps/alarms/alarm.ts';
import type { Notification } from '../traps/alarms/notification.ts';
import type { OutboxEntry } from '../traps/alarms/outbox.ts';

/** What has a number of its own in notifications: a certificate by its name, a CA certificate, the roots of a profile. */
export type WatchedKind = 'certificate' | 'ca' | 'root';

/** Something that is watched, under the number that notifications have for it. */
export interface Watched {
  /** The same as long as the name is there, and never given to another. */
  readonly index: number;
  /** Version whose issue was told, or needs not be told any more; 0 when none was. */
  readonly toldVersion: number;
}

/** What a look at a subject begins with. */
export interface Standing {
  readonly alarms: readonly Alarm[];
  readonly nextSequence: number;
}

/** What a look at a subject ends with, to be written in one go. */
export interface Look extends Standing {
  /** For every destination. */
  readonly notifications: readonly Notification[];
  /** When they may be sent at the earliest. */
  readonly notBefore: Date;
  /** See `Watched`. */
  readonly told?: { readonly index: number; readonly version: number };
}

/** What stands, and what was told of it: a restart neither tells it again nor forgets that it ends. */
export interface Alarms {
  /** Find what is watched under a name. */
  find(kind: WatchedKind, name: string): Promise<Watched | undefined>;
  /** The same; made when there is none. */
  watched(kind: WatchedKind, name: string): Promise<Watched>;
  /** The names of a kind that have a number. */
  names(kind: WatchedKind): Promise<readonly string[]>;
  /** Give up the number of a name that is gone; its alarms have ended before. */
  forget(kind: WatchedKind, name: string): Promise<void>;
  /** Those of one subject, see `subjectKey`. */
  of(subject: string): Promise<readonly Alarm[]>;
  /** The endpoints of sources that alarms stand of. */
  sources(): Promise<readonly string[]>;
  /** All that stand, oldest first. */
  list(limit: number): Promise<readonly Alarm[]>;
  /** Take the number of an event that is about no alarm. */
  takeSequence(): Promise<number>;
  /** Tell whether anything stands, or anybody is to be told: else nobody needs to look. */
  isWanted(): Promise<boolean>;
  /**
   * Look at a subject: alarms, the number of the next event, what was told, and what goes to each destination are
   * written in one transaction; nothing is written when nothing changes.
   *
   * @param work synchronous, and may run again; what it is given are the alarms of this subject only
   */
  look(subject: string, now: Date, work: (standing: Standing) => Look): Promise<Look>;
  /**
   * Keep the newest time that was ever seen, in steps of an hour.
   *
   * @returns that, and since when the clock is behind it by more than that
   */
  seen(now: Date): Promise<{ readonly newestAt: Date; readonly doubtedSince?: Date }>;
  /** Believe a clock that is behind the newest time. */
  believe(now: Date): Promise<void>;
}

/** What is on its way to the destinations. */
export interface Outbox {
  /** Of one destination, in the order of their numbers. */
  of(destination: string): Promise<readonly OutboxEntry[]>;
  /** How many there are, by destination. */
  sizes(): Promise<ReadonlyMap<string, number>>;
  /** Put in one that is for one destination only, as a test is. @returns its number */
  add(destination: string, notification: Notification, now: Date): Promise<number>;
  /** Write that an attempt begins, as `begun` says. @returns `undefined` when it has been replaced */
  begin(entry: OutboxEntry): Promise<OutboxEntry | undefined>;
  /** It was sent. @param entry as `begin` gave it */
  sent(entry: OutboxEntry, at: Date): Promise<void>;
  /**
   * It could not be sent.
   *
   * @param entry as `begin` gave it
   * @param next as `afterFailure` made it; absent when it is given up
   */
  failed(
    entry: OutboxEntry,
    next: OutboxEntry | undefined,
    failure: { readonly text: string; readonly at: Date },
  ): Promise<void>;
}

/** A destination as the store has it: what it is set to is for others to read. */
export interface DestinationRecord {
  readonly name: string;
  /** JSON, without secrets. */
  readonly settings: string;
  /** Notifications that were dropped since nobody took them. */
  readonly dropped: number;
  readonly sentAt?: Date;
  /** The last failure, until something is sent. */
  readonly failure?: { readonly text: string; readonly at: Date };
}

/** Where notifications go. */
export interface Destinations {
  /** By name. */
  list(): Promise<readonly DestinationRecord[]>;
  get(name: string): Promise<DestinationRecord | undefined>;
  /** Open what is kept sealed of a destination, by word. */
  secrets(name: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Set one, in place of one of the same name; what waits for that stays. */
  put(name: string, settings: string, secrets: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** What waits for it goes, too. @returns `false` when there was none */
  remove(name: string): Promise<boolean>;
}

/** Who sends by SNMP, see `SnmpEngine`. */
export interface StoredEngine {
  /** Hexadecimal. */
  readonly engineID: string;
  /** 0 while it was never started. */
  readonly boots: number;
}

/** The SNMP engine of this store: made once, its starts counted. */
export interface SnmpEngines {
  get(): Promise<StoredEngine | undefined>;
  /** Change it in one write, from what is stored. @param change synchronous, and may run again */
  change(change: (stored: StoredEngine | undefined) => StoredEngine): Promise<StoredEngine>;
}
