/** A key pair on its way into the store. */
export interface NewKeyPair {
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** DER of PKCS#8 PrivateKeyInfo, in clear; the store seals it and keeps no reference. */
  readonly pkcs8: Uint8Array;
}

/** A key whose private half stays in a token. */
export interface NewTokenKey {
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** PKCS #11 URI (RFC 7512) of the private key. */
  readonly tokenUri: string;
}

/** A key on its way into the store. */
export type NewKey = NewKeyPair | NewTokenKey;

/** The public half of a stored key. */
export interface KeyRecord {
  readonly id: number;
  readonly spki: Uint8Array;
  readonly createdAt: Date;
  /** PKCS #11 URI of the private key, where that is in a token and not here. */
  readonly tokenUri?: string;
}

/** Key pairs, each stored once; they come in with the transaction or import that needs them. */
export interface Keys {
  publicKey(id: number): Promise<KeyRecord>;
  /**
   * Open a private key: DER of PKCS#8 PrivateKeyInfo, in clear.
   *
   * @throws {CertError} KEY_UNUSABLE when it is in a token
   */
  privateKey(id: number): Promise<Uint8Array>;
  findBySpki(spki: Uint8Array): Promise<KeyRecord | undefined>;
}
