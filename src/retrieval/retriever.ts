/** What fetching a file may cost. */
export interface RetrievalLimits {
  /** Longest file, in octets. */
  readonly maxBytes: number;
  /** For a connection: name, TCP, proxy and TLS; of tftp, which has none, for the first answer. */
  readonly connectTimeoutMs: number;
  /** For everything together, so that a server that trickles does not keep us for ever. */
  readonly totalTimeoutMs: number;
}

/** Limits for whoever has no reason for others. */
export const usualLimits: RetrievalLimits = {
  // The largest CRLs of public CAs have some 10 MB; certificates have a thousandth of that.
  maxBytes: 33_554_432,
  // A host that is up answers within a second; a name server may have to be asked a second time.
  connectTimeoutMs: 10_000,
  // 10 MB over a line of 2 Mbit/s.
  totalTimeoutMs: 60_000,
};

/** Who to say we are. Secrets are UTF-8, the caller keeps them, and no error holds them. */
export type Credentials = PasswordCredentials | KeyCredentials;

/** A user and a password; of ldap, a DN and its password. */
export interface PasswordCredentials {
  readonly type: 'password';
  readonly username: string;
  readonly password: Uint8Array;
}

/** A user and a private key; sftp only. */
export interface KeyCredentials {
  readonly type: 'key';
  readonly username: string;
  /** Text of the key file: OpenSSH or PEM. */
  readonly privateKey: Uint8Array;
  readonly passphrase?: Uint8Array;
}

/** How a server called one version of a file (RFC 9110 section 8.8); told back, it says whether there is another. */
export interface FileVersion {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** A file that came from a place before. */
export interface HeldFile {
  readonly octets: Uint8Array;
  readonly version: FileVersion;
}

/** A file to fetch. */
export interface RetrievalRequest {
  /** Without user and password in it: URLs are shown and logged. */
  readonly url: string;
  readonly limits: RetrievalLimits;
  readonly credentials?: Credentials;
  readonly signal?: AbortSignal;
  /** What is given when the server says that it has nothing else; http and https. */
  readonly held?: HeldFile;
  /** Is told how the server calls the version that is given; http and https. */
  noteVersion?(version: FileVersion): void;
  /** Choose of several values of an attribute; the first without it, or when it chooses none; ldap and ldaps. */
  choose?(values: readonly Uint8Array[]): Uint8Array | undefined;
}

/** Whatever fetches files of one scheme, or of several. */
export interface Retriever {
  /**
   * Fetch a file. Nothing of it is judged: over ftp, tftp, http and ldap anybody on the way may have changed it.
   *
   * @returns all of its octets; never a part, as far as the protocol can tell
   * @throws {CertError} CONFIG_INVALID, FILE_UNREADABLE, NETWORK_UNREACHABLE, NETWORK_TIMEOUT, RETRIEVAL_REFUSED,
   *   RESPONSE_TOO_LARGE; HTTP_STATUS, TLS_UNTRUSTED, TLS_REFUSED and PROXY_REFUSED over http, https or ldaps;
   *   HOST_KEY_UNTRUSTED and KEY_UNUSABLE over sftp
   * @throws the reason of `signal`, when that is aborted
   */
  retrieve(request: RetrievalRequest): Promise<Uint8Array>;
}
