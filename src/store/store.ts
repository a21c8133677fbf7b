import type { LifecycleEvent, Operation } from '../base/events.ts';
import type { Label } from '../base/label.ts';
import type { Audit } from './audit-contract.ts';
import type { Authorities } from './authorities-contract.ts';
import type { StoreCare } from './care-contract.ts';
import type { Crls } from './crls-contract.ts';
import type { Deployments } from './deployments-contract.ts';
import type { CaCertificates, KeyRequests, NameSetting, NameSettings } from './entries-contract.ts';
import type { IpsecPeers } from './ipsec-contract.ts';
import type { Keys, NewKey } from './keys-contract.ts';
import type { Leases } from './leases-contract.ts';
import type { Alarms, Destinations, Outbox, SnmpEngines } from './notifications-contract.ts';
import type { History, Statistics, TransactionOutcome } from './records-contract.ts';
import type { Schedule } from './schedule-contract.ts';
import type { Settings } from './settings-contract.ts';
import type { Staples } from './staples-contract.ts';
import type { CrlSources, HeldCrls, ValidationObjects } from './validation-contract.ts';
import type {
  OwnRevocations,
  TroubledResponders,
  ValidationStatistics,
} from './validation-watch-contract.ts';

/**
 * Everything certkeeper remembers, behind promises so that another database can stand beside SQLite
 * under the same contract test.
 *
 * A method that takes events writes them together with its change, in one transaction. Values that
 * come back are copies: changing their octets changes nothing in the store. Times keep milliseconds.
 * A text that others said is cut at 16 KiB.
 *
 * Any method can throw STORE_LOCKED, STORE_FULL, STORE_UNWRITABLE or STORE_CORRUPT; those that seal or
 * open a secret also STORE_KEY_MISSING or STORE_KEY_WRONG. The store is then as it was before the call.
 */
export interface Store {
  readonly authorities: Authorities;
  readonly keys: Keys;
  readonly certificates: Certificates;
  readonly deployments: Deployments;
  readonly transactions: Transactions;
  readonly crls: Crls;
  readonly history: History;
  readonly statistics: Statistics;
  readonly caCertificates: CaCertificates;
  readonly keyRequests: KeyRequests;
  readonly settings: Settings;
  readonly nameSettings: NameSettings;
  readonly audit: Audit;
  readonly schedule: Schedule;
  readonly leases: Leases;
  readonly alarms: Alarms;
  readonly outbox: Outbox;
  readonly destinations: Destinations;
  readonly validationObjects: ValidationObjects;
  readonly heldCrls: HeldCrls;
  readonly crlSources: CrlSources;
  readonly validationStatistics: ValidationStatistics;
  readonly troubledResponders: TroubledResponders;
  readonly ownRevocations: OwnRevocations;
  readonly staples: Staples;
  readonly ipsecPeers: IpsecPeers;
  readonly snmpEngine: SnmpEngines;
  readonly care: StoreCare;
  close(): Promise<void>;
}

/** What a transaction's messages are protected with. */
export type Credential =
  | { readonly type: 'mac'; readonly reference: string; readonly secret: Uint8Array }
  | { readonly type: 'signature'; readonly certificateId: number };

/** A transaction on its way into the store. */
export interface NewTransaction {
  /** The name the certificate shall have. */
  readonly name: Label;
  readonly operation: Operation;
  readonly ca: Label;
  readonly url: string;
  /** The address was given for this certificate, in place of the CA profile's. */
  readonly isUrlGiven: boolean;
  /**
   * A new key pair, or one already stored. A new one whose public key is stored already is that one. Absent:
   * the key is not ours (p10cr), there is none (rr), or it comes with the certificate.
   */
  readonly key?: NewKey | { readonly id: number };
  readonly credential: Credential;
  /** The OLD certificate of cr and kur, or the one an rr revokes. */
  readonly previousCertificateId?: number;
  /** The certificate that is current for the name as the caller knows it, or that there is none. */
  readonly knownCurrent?: { readonly certificateId: number | undefined };
  readonly transactionID: Uint8Array;
  readonly phase: string;
  readonly state: Uint8Array;
  /** The request exactly as it will be sent. */
  readonly outgoing: Uint8Array;
  readonly openedAt: Date;
  readonly deadline: Date;
}

/** Identity of the state a caller has read; a change made to any other state is refused. */
export interface TransactionRevision {
  readonly id: number;
  readonly revision: number;
}

/** What stands open of an outstanding transaction. */
export interface OutstandingTransaction extends TransactionRevision {
  readonly name: Label;
  readonly operation: Operation;
  readonly ca: Label;
  readonly url: string;
  readonly isUrlGiven: boolean;
  /** Absent while there is no key of ours in it. */
  readonly keyId?: number;
  readonly previousCertificateId?: number;
  /** Name of the OLD certificate. */
  readonly previousName?: Label;
  readonly credentialType: Credential['type'];
  readonly transactionID: Uint8Array;
  readonly phase: string;
  /** When to go on; absent means now. */
  readonly nextAt?: Date;
  /** When the waiting for that began, by the same clock. */
  readonly waitingSince?: Date;
  readonly openedAt: Date;
  readonly deadline: Date;
  /** What the CA last said. */
  readonly text?: string;
  readonly polls: number;
  readonly stagedCertificateId?: number;
}

/** An outstanding transaction, with what the store keeps sealed of it: secrets can be in its messages. */
export interface TransactionRecord extends OutstandingTransaction {
  readonly state: Uint8Array;
  /** The message to send, or to send again byte for byte. */
  readonly outgoing?: Uint8Array;
}

/** The next state of a transaction. */
export interface TransactionChange {
  readonly phase: string;
  readonly state: Uint8Array;
  /** Absent: there is nothing to send, or to send again. */
  readonly outgoing?: Uint8Array;
  /** Absent: go on at once. */
  readonly nextAt?: Date;
  /** When the waiting for that began, by the same clock. */
  readonly waitingSince?: Date;
  /**
   * The issued certificate, stored as `staged` and dated by the last event; absent keeps what is staged.
   */
  readonly staged?: {
    readonly der: Uint8Array;
    readonly chain: readonly Uint8Array[];
    /** The key, where it came with the certificate: stored in the same write, and the certificate's. */
    readonly key?: NewKey;
  };
  /** Absent keeps the text. */
  readonly text?: string;
  /** Absent keeps the deadline. */
  readonly deadline?: Date;
  /** Polls sent so far; absent keeps the number. */
  readonly polls?: number;
}

/** Outstanding transactions; a closed one lives on in the history only. */
export interface Transactions {
  /**
   * Store the key and the transaction in one write.
   *
   * @throws {CertError} TRANSACTION_OUTSTANDING when the name already has one, STORE_CONFLICT when another
   *   certificate is current than the caller knows of
   */
  open(transaction: NewTransaction, events: readonly LifecycleEvent[]): Promise<TransactionRecord>;
  /** @throws {CertError} STORE_CONFLICT when the record is not the newest, or is closed */
  advance(
    record: TransactionRevision,
    change: TransactionChange,
    events: readonly LifecycleEvent[],
  ): Promise<TransactionRecord>;
  /**
   * Close a transaction in one write. Granted: the staged certificate becomes current, under the next
   * version number of its name, and what was current is superseded. Otherwise it is kept as `refused`
   * or, however else it ended, as `unconfirmed`. Revoked: the certificate named is `revoked` from then on,
   * whatever it was; its name then has no current one.
   *
   * @returns the certificate that is current now, when granted
   * @throws {CertError} STORE_CONFLICT when the record is not the newest, or is closed
   */
  finish(
    record: TransactionRevision,
    outcome: TransactionOutcome,
    at: Date,
    events: readonly LifecycleEvent[],
  ): Promise<CertificateRecord | undefined>;
  /**
   * Close a transaction that was lost and open the one in its place, in one write: never is there none.
   *
   * @param outcome how the first one ended; `granted` is what `finish` is for
   * @throws {CertError} STORE_CONFLICT as `finish` and `open` do; nothing has changed then
   */
  replace(
    record: TransactionRevision,
    outcome: Exclude<TransactionOutcome, { readonly type: 'granted' }>,
    at: Date,
    closingEvents: readonly LifecycleEvent[],
    transaction: NewTransaction,
    openingEvents: readonly LifecycleEvent[],
  ): Promise<TransactionRecord>;
  /** All outstanding transactions, or those of a name, oldest first; for who only looks: it needs no store key. */
  overview(name?: string): Promise<readonly OutstandingTransaction[]>;
  /** The same, to go on with. */
  outstanding(name?: string): Promise<readonly TransactionRecord[]>;
  /** Outstanding transactions whose OLD certificate has this name, oldest first. */
  outstandingFrom(previousName: string): Promise<readonly TransactionRecord[]>;
  /** Absent when it never was, or is closed. */
  get(id: number): Promise<TransactionRecord | undefined>;
  /** Open what an outstanding transaction's messages are protected with. */
  credential(id: number): Promise<Credential>;
  /**
   * Close what is outstanding for a name as `cleared` and forget its history, in one write. Keys and
   * certificates stay.
   *
   * @returns how many transactions were closed
   */
  clear(name: string, at: Date, events: readonly LifecycleEvent[]): Promise<number>;
}

/** Where a certificate is in its life, as far as the store is concerned. */
export type CertificateStatus =
  | 'staged'
  | 'current'
  | 'superseded'
  | 'revoked'
  | 'refused'
  | 'unconfirmed';

/** How a certificate came. */
export type CertificateSource = 'cmp' | 'import' | 'fetch' | 'track';

/** One certificate of a name. */
export interface CertificateRecord {
  readonly id: number;
  readonly name: Label;
  /** 1, 2, … in the order they took effect; 0 for one that has not, or never did. */
  readonly version: number;
  readonly status: CertificateStatus;
  /** Label of the CA profile; absent for an imported one. */
  readonly ca?: Label;
  /** The address given for this certificate; absent when it goes by its CA profile. */
  readonly url?: string;
  /** Absent when its private key is not ours. */
  readonly keyId?: number;
  readonly der: Uint8Array;
  /** The CA certificates above it, nearest first. */
  readonly chain: readonly Uint8Array[];
  readonly source: CertificateSource;
  readonly createdAt: Date;
  readonly deliveredAt?: Date;
  /** Where its files were put. */
  readonly directory?: string;
  /** Why the last delivery failed; absent after one that worked. */
  readonly deliveryError?: string;
  /** When we learnt that it is revoked. */
  readonly revokedAt?: Date;
  /** CRLReason by its RFC name. */
  readonly revocationReason?: string;
}

/** A certificate as a list shows it: without its chain, and with where its key is. */
export interface ListedCertificate extends Pick<
  CertificateRecord,
  'id' | 'name' | 'status' | 'source' | 'keyId' | 'der'
> {
  /** PKCS #11 URI of its private key, where that is in a token and not here. */
  readonly tokenUri?: string;
}

/** A certificate that does not come from a transaction of ours. */
export interface ImportedCertificate {
  readonly name: Label;
  readonly der: Uint8Array;
  readonly chain: readonly Uint8Array[];
  /** A key on its way in, or one that is stored; a request that waited for this certificate is over. */
  readonly key?: NewKey | { readonly id: number };
  readonly source: CertificateSource;
  readonly ca?: Label;
  readonly url?: string;
  /** What the name has of its own from this certificate on, see `NameSettings`; undefined takes it away. */
  readonly settings?: readonly (readonly [key: NameSetting, value: string | undefined])[];
  readonly at: Date;
}

/** Certificates with all their versions. */
export interface Certificates {
  /** Absent, too, when the one that was is revoked: nothing may be signed with or derived from that. */
  current(name: string): Promise<CertificateRecord | undefined>;
  /** The current certificate or, where there is none, the last one that was and is revoked. */
  latest(name: string): Promise<CertificateRecord | undefined>;
  get(id: number): Promise<CertificateRecord | undefined>;
  /** The latest certificate of each name, see `latest`; with `all`, every version and status, newest first in a name. */
  list(filter?: { readonly all?: boolean }): Promise<readonly CertificateRecord[]>;
  /**
   * The latest certificate of each name by name, at most so many of those after a name: to go through any number
   * of them without holding all.
   *
   * @param after the last name of the page before; empty for the first
   */
  page(after: string, limit: number): Promise<readonly ListedCertificate[]>;
  /** The names there are certificates of, whatever became of them. */
  names(): Promise<readonly Label[]>;
  /**
   * The current certificates that end next, soonest first; what cannot be read has no end.
   *
   * @param after only those that end later than this
   */
  expiring(limit: number, after?: Date): Promise<readonly CertificateRecord[]>;
  /** Every certificate of a name, newest first. */
  versions(name: string): Promise<readonly CertificateRecord[]>;
  /**
   * Current certificates got by `cmp` or `fetch` whose files are not written yet, oldest first. What
   * was imported came from files and is put only where a deployment of its name says so.
   */
  pendingDelivery(name?: string): Promise<readonly CertificateRecord[]>;
  markDelivered(
    id: number,
    directory: string,
    at: Date,
    events: readonly LifecycleEvent[],
  ): Promise<void>;
  deliveryFailed(
    id: number,
    text: string,
    at: Date,
    events: readonly LifecycleEvent[],
  ): Promise<void>;
  /**
   * Make a superseded certificate the current one of its name again, under its own version number, and
   * to be delivered; the one that was is superseded.
   *
   * @throws {CertError} STORE_CONFLICT when it is not superseded any more
   */
  restore(id: number): Promise<CertificateRecord>;
  /**
   * Make a certificate the current one of its name, with its key, in one write. Of what was before as many
   * versions stay as the setting `versions-kept` says, as after `finish` of a transaction.
   */
  import(certificate: ImportedCertificate): Promise<CertificateRecord>;
  /**
   * Let the current certificate be renewed with another CA profile, at that profile's address.
   *
   * @throws {CertError} STORE_CONFLICT when it is not current any more
   */
  move(id: number, ca: Label): Promise<CertificateRecord>;
  /**
   * Forget a name: every version with its key, deployments, hook and runs, settings, waiting key request. Its
   * history stays.
   *
   * @returns how many versions there were
   * @throws {CertError} STORE_CONFLICT while a request for the name, or one signed with it, is outstanding
   */
  remove(name: string): Promise<number>;
}
