/** What is set up by name for judging peers: OCSP objects, CRLs by their places, policies. */
export type ValidationKind = 'ocsp' | 'crl' | 'policy';

/** Something set up for judging peers. */
export interface ValidationObject {
  readonly kind: ValidationKind;
  readonly name: string;
  /** JSON of its settings, secrets apart; whoever reads it checks it again. */
  readonly settings: string;
}

/** What is set up for judging peers; secrets are sealed. */
export interface ValidationObjects {
  /** By name. */
  list(kind: ValidationKind): Promise<readonly ValidationObject[]>;
  get(kind: ValidationKind, name: string): Promise<ValidationObject | undefined>;
  /** None when there is no such object. */
  secrets(kind: ValidationKind, name: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Set it up, in place of what has that name; all of its secrets are given anew. */
  put(object: ValidationObject, secrets: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** @returns whether there was one */
  remove(kind: ValidationKind, name: string): Promise<boolean>;
}

/** A CRL that was verified, without its octets. */
export interface HeldCrlSummary {
  /** What keeps CRLs apart, see `crlIdentity`: issuer, signing key, scope, complete or delta. */
  readonly identity: string;
  /** DER of the issuer's Name. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** CRLNumber. */
  readonly crlNumber?: bigint;
  readonly fetchedAt: Date;
  /** How many there are. */
  readonly octets: number;
}

/** A CRL that was verified. */
export interface HeldCrl extends HeldCrlSummary {
  readonly der: Uint8Array;
}

/** What became of a CRL that was to be held. */
export type HeldOutcome = 'held' | 'same' | 'older';

/** CRLs that were verified, the newest of each identity, whole: there is no moment without one once there was one. */
export interface HeldCrls {
  /**
   * Hold a CRL in place of the one of its identity. `same`: these octets are held already. `older`: the one held has a
   * higher number, or a later thisUpdate where either has none, and stays: an old CRL does not know who was revoked
   * since.
   */
  put(crl: Omit<HeldCrl, 'octets'>): Promise<HeldOutcome>;
  /** By issuer. */
  list(): Promise<readonly HeldCrlSummary[]>;
  ofIssuer(issuer: Uint8Array): Promise<readonly HeldCrlSummary[]>;
  /** With its octets. */
  get(identity: string): Promise<HeldCrl | undefined>;
  /** Forget it, so that an older one may come: an operator's decision. @returns whether there was one */
  remove(identity: string): Promise<boolean>;
}

/** A place CRLs come from, and how that went. */
export interface CrlSource {
  readonly url: string;
  /** Set up by an operator, or named by a certificate. */
  readonly origin: 'configured' | 'certificate';
  /** Of the CRL that came from there and was verified. */
  readonly identity?: string;
  /** How that one was written, whatever somebody called it. */
  readonly form?: 'der' | 'pem';
  /** How its server called that version, which is told back to it. */
  readonly etag?: string;
  readonly lastModified?: string;
  readonly fetchedAt?: Date;
  /** When to fetch again by itself; left out for one that waits until somebody needs it. */
  readonly nextAt?: Date;
  /** Attempts in a row that came to nothing. */
  readonly failures: number;
  /** A code of `unavailableCodes`, of the last attempt if that came to nothing. */
  readonly code?: string;
  readonly error?: string;
}

/** The places CRLs come from. */
export interface CrlSources {
  /** By URL. */
  list(): Promise<readonly CrlSource[]>;
  get(url: string): Promise<CrlSource | undefined>;
  /** Those whose time has come, the most overdue first. */
  due(now: Date, limit: number): Promise<readonly CrlSource[]>;
  /** Undefined when none fetches by itself. */
  nextAt(): Promise<Date | undefined>;
  put(source: CrlSource): Promise<void>;
  /** @returns whether there was one */
  remove(url: string): Promise<boolean>;
}
