import type { CaProfile } from '../settings/ca-profile.ts';

/** CA profiles and, sealed beside them, their shared secrets and the passwords of their proxies. */
export interface Authorities {
  /**
   * Write a profile, replacing one of the same label whole; with an anchor that is gone go its template and CRLs.
   *
   * @param secret shared secret as octets; absent keeps the one stored, `null` removes it
   * @param proxyPassword likewise
   */
  put(
    profile: CaProfile,
    secret?: Uint8Array | null,
    proxyPassword?: Uint8Array | null,
  ): Promise<void>;
  get(label: string): Promise<CaProfile | undefined>;
  /** All profiles, by label. */
  list(): Promise<readonly CaProfile[]>;
  /** Remove a profile with its secrets, template and CRLs; `false` when there was none. */
  remove(label: string): Promise<boolean>;
  /** Tell what is kept beside the profile, without opening it; absent when there is no such profile. */
  kept(label: string): Promise<KeptBeside | undefined>;
  /** Open the shared secret; absent when the profile, or its secret, does not exist. */
  secret(label: string): Promise<Uint8Array | undefined>;
  /** Open the password for its proxy; absent when the profile, or the password, does not exist. */
  proxyPassword(label: string): Promise<Uint8Array | undefined>;
  /**
   * Add an anchor that came with an answer, as caPubs or on first use, unless the profile has it. Looked at and
   * changed in one write: an operator may have changed it since, or another request may have brought an anchor.
   *
   * @returns `untrusted` when the profile neither trusts caPubs nor still waits for its first anchor, or is gone;
   *   nothing has changed then
   */
  addRoot(label: string, der: Uint8Array): Promise<'added' | 'known' | 'untrusted'>;
  /**
   * Change the anchors of the profile as it is now, in one write; one that it has is not added again.
   *
   * @returns the profile as it is then; absent when there is none
   */
  replaceRoots(
    label: string,
    change: { readonly add: readonly Uint8Array[]; readonly remove?: readonly Uint8Array[] },
  ): Promise<CaProfile | undefined>;
  /** DER of the CertReqTemplateContent the CA asks requests to follow (RFC 9810 section 5.3.19.16). */
  requestTemplate(label: string): Promise<Uint8Array | undefined>;
  /** Keep what the CA asks of requests; `undefined` forgets it. `false` when there is no such profile. */
  putRequestTemplate(label: string, der: Uint8Array | undefined): Promise<boolean>;
}

/** What is kept beside a CA profile, and what not. */
export interface KeptBeside {
  readonly secret: boolean;
  readonly proxyPassword: boolean;
  readonly requestTemplate: boolean;
}
