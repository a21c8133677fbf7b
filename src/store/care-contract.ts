import type { StoreKeySource } from './store-key.ts';

/** Care of the store as a whole. */
export interface StoreCare {
  /**
   * Find out whether the store key is the right one; a store in which nothing is sealed has none to be wrong.
   *
   * @throws {CertError} STORE_KEY_MISSING, STORE_KEY_WRONG, and what the source of the key throws
   */
  checkKey(): Promise<void>;
  /** Look through the whole database for damage; blocks for as long as reading it takes. @returns what was found */
  findDamage(): Promise<readonly string[]>;
  /**
   * Change the store key, in one transaction: whenever the process is ended, either key opens everything.
   *
   * @throws {CertError} STORE_KEY_MISSING, STORE_KEY_WRONG; STORE_CORRUPT when a value to be sealed anew was altered
   */
  rekey(change: Rekey): Promise<Rekeyed>;
  /**
   * Write a copy of the database to a file of its own; others may write meanwhile.
   *
   * @throws {CertError} FILE_UNWRITABLE when the file exists; STORE_FULL, STORE_UNWRITABLE; STORE_CORRUPT when the
   *   copy is not whole; STORE_CONFLICT when the store key is changed again and again meanwhile
   */
  backUp(backup: NewBackup): Promise<Backup>;
  /**
   * Do the same in a thread of its own, without the key and into a new file, after the database itself was found whole.
   *
   * @throws {CertError} STORE_CORRUPT when it is not; FILE_UNWRITABLE, STORE_FULL, STORE_UNWRITABLE
   */
  backUpAside(backup: Pick<NewBackup, 'path' | 'at'>): Promise<Backup>;
}

/** A change of the store key. */
export interface Rekey {
  /** Where the new key comes from, asked once; a generated `store.key` when absent. */
  readonly newKey?: StoreKeySource;
  /**
   * Seal every value under a new data key, too: whoever has the old store key and an old copy of the database
   * has the old data key.
   */
  readonly isDataKeyNew: boolean;
}

/** What a change of the store key did. */
export interface Rekeyed {
  /** Values that were sealed anew. */
  readonly resealed: number;
  /** Whether nothing is left in the database file of what was deleted or replaced in it before. */
  readonly isOldWiped: boolean;
  /** The file with the new key, when it was generated. */
  readonly keyFile?: string;
  /** The file with the old key, which opens nothing any more and was removed. */
  readonly removedKeyFile?: string;
}

/** A backup to be made. */
export interface NewBackup {
  /** Absolute. */
  readonly path: string;
  /** Whether it may take the place of a file that is there. */
  readonly isReplacing: boolean;
  /** Put the store key into it: whoever has the file then has the private keys. */
  readonly withKey: boolean;
  readonly at: Date;
}

/** A backup that was made, and read again. */
export interface Backup {
  readonly counts: StoreCounts;
  /** What opens its private keys. */
  readonly sealedUnder: 'nothing' | 'key' | 'passphrase';
  readonly octets: number;
}

/** How much there is in a store. */
export interface StoreCounts {
  readonly certificates: number;
  readonly keys: number;
  readonly authorities: number;
  /** Outstanding requests. */
  readonly transactions: number;
}
