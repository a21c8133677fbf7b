import type { Label } from '../base/label.ts';
import type { NewKey } from './keys-contract.ts';

/** A CA certificate by itself: the local CA store. That one is in here says nothing about trust in it. */
export interface CaCertificateRecord {
  readonly label: Label;
  readonly der: Uint8Array;
  /** DER of its subject's Name, to find an issuer by. */
  readonly subject: Uint8Array;
  readonly createdAt: Date;
}

/** Labelled CA certificates. */
export interface CaCertificates {
  /**
   * Put a certificate under a label.
   *
   * @returns `false` when it stood there already, the same
   * @throws {CertError} CERT_EXISTS when the label has another one and `replace` is not set
   */
  put(record: CaCertificateRecord, replace: boolean): Promise<boolean>;
  get(label: string): Promise<CaCertificateRecord | undefined>;
  /** By label. */
  list(): Promise<readonly CaCertificateRecord[]>;
  /** Those with this subject, by label. */
  findBySubject(subject: Uint8Array): Promise<readonly CaCertificateRecord[]>;
  /** `false` when there was none. */
  remove(label: string): Promise<boolean>;
}

/** A key made here for a CA without CMP, and the PKCS#10 request an operator carries there. */
export interface KeyRequestRecord {
  /** The name the certificate shall have. */
  readonly name: Label;
  readonly keyId: number;
  /** DER of the CertificationRequest. */
  readonly request: Uint8Array;
  readonly createdAt: Date;
}

/** Requests that wait for their answer to be imported; that import ends them, in its own write. */
export interface KeyRequests {
  /**
   * Store key and request in one write, in place of a request of the same name; the key of that one stays for a
   * while: it may have been certified.
   *
   * @throws {CertError} STORE_CONFLICT when the name has a request already and `replace` is not set
   */
  put(
    request: {
      readonly name: Label;
      readonly key: NewKey;
      readonly request: Uint8Array;
      readonly at: Date;
    },
    replace: boolean,
  ): Promise<KeyRequestRecord>;
  get(name: string): Promise<KeyRequestRecord | undefined>;
  /** By name. */
  list(): Promise<readonly KeyRequestRecord[]>;
  /** `false` when there was none. Its key stays until it has long been without use. */
  remove(name: string, at: Date): Promise<boolean>;
}

/** What one name has of its own, in place of the setting for all. */
export type NameSetting =
  /** `reuse` or `new`: the key of an update. */
  | 'key'
  /**
   * How the next renewal asks, and whom, after a move to another CA: `cr L` or `ir L`; without it, by `kur`, the CA
   * of the certificate. Gone with the grant of any certificate for the name.
   */
  | 'renew-by'
  /** Where a tracked certificate is read from: an absolute path or a URL; `tls:` for a service. */
  | 'track-source'
  /** When it was read there last, in epoch milliseconds. */
  | 'track-read-at'
  /** Where peers find its certificate (Hash and URL of RFC 7296 section 3.6): an http URL. */
  | 'hash-url'
  /** Days before its end at which the agent renews it; without it, it does not. */
  | 'auto-update-days'
  /** Days before its end from which the agent takes a newer one from another node's store. */
  | 'auto-fetch-days'
  /** Where it is fetched from: an absolute path or URL of a folder; `agent:` for another agent. */
  | 'fetch-from'
  /** Which certificate another agent is shown when it is fetched from there. */
  | 'fetch-as'
  /** The nodes whose agents may fetch it here, as a JSON list of texts. */
  | 'serve-to'
  /** The OCSP object by which its staple is asked for and believed; without it, as RFC 6960 says and the CA profile goes. */
  | 'staple-ocsp'
  /** `renew`: when a responder says that it is revoked, the agent asks for another one with a new key. */
  | 'staple-revoked'
  /** `allow`: a staple without nextUpdate is taken. */
  | 'staple-endless';

/** Settings of single names, as text. */
export interface NameSettings {
  get(name: string, key: NameSetting): Promise<string | undefined>;
  /** All that are set of a name; others than are known stand there for themselves. */
  of(name: string): Promise<ReadonlyMap<string, string>>;
  set(name: Label, key: NameSetting, value: string): Promise<void>;
  /** `false` when there was none. */
  remove(name: string, key: NameSetting): Promise<boolean>;
  /** The names that have any, whether there are certificates of them or not. */
  names(): Promise<readonly Label[]>;
  /** The names for which this one is set, in order, with what it is; all of them without a limit. */
  having(key: NameSetting, limit?: number): Promise<ReadonlyMap<Label, string>>;
}
