/** One number of `show crypto statistics`; `src/validation/validation-tally.ts` names them. */
export interface ValidationCounter {
  readonly counter: string;
  readonly value: number;
  /** When it was last added to. */
  readonly lastAt: Date;
}

/** Upper ends of the classes of how long queries take, in milliseconds; what takes longer is counted as `more`. */
export const latencyClasses: readonly number[] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

/** How peers were judged, in numbers, at one moment. */
export interface ValidationSnapshot {
  /** When counting began; absent while nothing was ever counted. */
  readonly since?: Date;
  /** By name; a counter that is zero is not in here. */
  readonly counters: readonly ValidationCounter[];
}

/** How peers were judged, in numbers. */
export interface ValidationStatistics {
  read(): Promise<ValidationSnapshot>;
  /** Add to counters, in one write. @param gains above zero, by counter */
  add(gains: ReadonlyMap<string, number>, at: Date): Promise<void>;
  /** Start again from zero. */
  clear(at: Date): Promise<void>;
}

/** A responder that had no word that could be believed since then, or a place, named by certificates, of a CRL too old. */
export interface TroubledResponder {
  readonly url: string;
  /** Of `unavailableCodes`, why there was none the last time, or `crl-rollback`; that, or `unauthorized-responder`, stays. */
  readonly code: string;
  /** Queries in vain. */
  readonly failures: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Responders that have no word. */
export interface TroubledResponders {
  /** By URL. */
  list(): Promise<readonly TroubledResponder[]>;
  put(responder: TroubledResponder): Promise<void>;
  /** @returns whether there was one */
  remove(url: string): Promise<boolean>;
}

/** The last word on a certificate of ours. */
export interface OwnWord {
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** CRLReason by its RFC name. */
  readonly reason?: string;
  readonly revokedAt?: Date;
  /** Of a CA above it that is what is revoked: its subject. */
  readonly above?: string;
}

/** What is known of whether a certificate of ours is revoked. */
export interface OwnRevocation {
  readonly name: string;
  /** Of which certificate: hexadecimal SHA-256 of its DER. */
  readonly fingerprint: string;
  /** By which policy it was looked at. */
  readonly policy: string;
  readonly checkedAt: Date;
  readonly nextAt: Date;
  /** The last word there was, which holds on while nobody gives another. */
  readonly word?: OwnWord;
  /** Why the last look gave no word: a code, and words for people. */
  readonly failure?: { readonly code: string; readonly text: string };
}

/** Whether certificates of ours that a policy names are revoked. */
export interface OwnRevocations {
  /** By name. */
  list(): Promise<readonly OwnRevocation[]>;
  get(name: string): Promise<OwnRevocation | undefined>;
  /** A name whose word is another one than before is looked at by the agent at once. */
  put(own: OwnRevocation): Promise<void>;
  /** @returns whether there was one */
  remove(name: string): Promise<boolean>;
}
