import type { Label } from '../base/label.ts';

/** A CRL as it was fetched; what it says of itself beside it, so that it can be found without decoding. */
export interface CrlRecord {
  /** Label of the CA profile. */
  readonly ca: Label;
  /** DER of the issuer's Name. */
  readonly issuer: Uint8Array;
  readonly der: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** CRLNumber in decimal. */
  readonly crlNumber?: string;
  readonly fetchedAt: Date;
}

/** The newest CRL of each issuer, by CA. */
export interface Crls {
  /**
   * Keep a CRL in place of the one of the same CA and issuer, unless that one has a later thisUpdate: an old
   * CRL does not know who was revoked since.
   *
   * @returns `false` when the one that is stored stays
   */
  put(crl: CrlRecord): Promise<boolean>;
  get(ca: string, issuer: Uint8Array): Promise<CrlRecord | undefined>;
  /** All of them, or those of a CA, by CA. */
  list(ca?: string): Promise<readonly CrlRecord[]>;
}
