/** Lower-case hex of the SHA-1 of the subjectPublicKey: how charon names private keys. */
export type IkeKeyId = string;

/** A key in a PKCS #11 token that the daemon can reach by itself. */
export interface IkeTokenKey {
  /** CKA_ID in hex. A public key or a certificate of this id has to be beside it, or charon does not find the token. */
  readonly handle: string;
  /** Absent: any slot, any module. */
  readonly slot?: number;
  /** As strongswan.conf names it; not its path. */
  readonly module?: string;
  readonly pin?: string;
}

/** Where the status of certificates of a CA is to be had, beside what they say themselves. */
export interface IkeAuthority {
  readonly name: string;
  /** DER of the CA certificate. */
  readonly caCertificate: Uint8Array;
  readonly ocspUris: readonly string[];
  readonly crlUris: readonly string[];
}

/** Traffic of one CHILD_SA, in charon's words. */
export interface IkeChild {
  readonly name: string;
  readonly localSelectors: readonly string[];
  readonly remoteSelectors: readonly string[];
  readonly espProposals: readonly string[];
  /** Whether charon sets it up again when its peer does not answer any more. */
  readonly isStarted: boolean;
}

/** One IKEv2 connection, in charon's words. */
export interface IkeConnection {
  readonly name: string;
  readonly localAddresses: readonly string[];
  readonly remoteAddresses: readonly string[];
  readonly localId?: string;
  readonly remoteId?: string;
  /** DER of our certificate: charon uses this one and no other, whatever else it has of the same subject. */
  readonly certificate: Uint8Array;
  /** DER of the anchors a peer's certificate has to lead to. */
  readonly anchors: readonly Uint8Array[];
  readonly revocation: 'strict' | 'relaxed' | 'ifuri';
  readonly reauthSeconds?: number;
  /** Empty: charon's own. */
  readonly proposals: readonly string[];
  readonly children: readonly IkeChild[];
}

/** A CHILD_SA that stands. */
export interface IkeChildAssociation {
  readonly name: string;
  /** Unique while the daemon runs. */
  readonly id: string;
  /** Charon's own word, such as `INSTALLED`. */
  readonly state: string;
  readonly localSelectors: readonly string[];
  readonly remoteSelectors: readonly string[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Seconds since it was installed. */
  readonly age?: number;
}

/** An IKE_SA. */
export interface IkeAssociation {
  /** Name of its connection. */
  readonly connection: string;
  /** Unique while the daemon runs. */
  readonly id: string;
  /** Charon's own word, such as `ESTABLISHED` or `CONNECTING`. */
  readonly state: string;
  readonly localHost: string;
  readonly remoteHost: string;
  readonly localId: string;
  readonly remoteId: string;
  /** Seconds since it was established. */
  readonly age?: number;
  /** Seconds until it is authenticated anew. */
  readonly reauthIn?: number;
  /** Encryption, integrity, PRF and group, as charon writes them. */
  readonly algorithms: readonly string[];
  readonly children: readonly IkeChildAssociation[];
}

/** A certificate the daemon has, loaded or received. */
export interface IkeCertificate {
  readonly der: Uint8Array;
  readonly hasPrivateKey: boolean;
}

/** What came of setting up a connection. */
export interface IkeAttempt {
  readonly isUp: boolean;
  /** Of the IKE_SAs that were used or made for it. */
  readonly ids: readonly string[];
  /** What charon said about it last. */
  readonly log: readonly string[];
}

/** What is to be ended. */
export type IkeEnded =
  | { readonly connection: string }
  | { readonly id: string }
  | { readonly childId: string };

/** What the daemon keeps of what it fetched and received. */
export type IkeCache = 'X509' | 'X509_CRL' | 'OCSP_RESPONSE';

/** Which program answers. */
export interface IkeDaemonAbout {
  readonly version: string;
  /** In charon's words and its time zone; a second more or less from one time to the next. */
  readonly since: string;
  /** Tells one run of it from another. */
  readonly run: string;
}

/**
 * A charon of this machine, spoken to over VICI; one command at a time, in the order they were asked for.
 * Each method throws {CertError} DELIVERY_FAILED when nobody answers in time, the daemon ends meanwhile, or it refuses: then with what it says.
 */
export interface IkeDaemon {
  about(): Promise<IkeDaemonAbout>;
  loadCertificate(der: Uint8Array, kind: 'own' | 'ca'): Promise<void>;
  loadCrl(der: Uint8Array): Promise<void>;
  /** DER of the CRLs it has, loaded or fetched. */
  crls(): Promise<readonly Uint8Array[]>;
  /** @param pkcs8 DER; not kept longer than it is sent */
  loadKey(pkcs8: Uint8Array): Promise<IkeKeyId>;
  loadTokenKey(key: IkeTokenKey): Promise<IkeKeyId>;
  keys(): Promise<readonly IkeKeyId[]>;
  /** None of that id is fine, as with everything that is unloaded. */
  unloadKey(id: IkeKeyId): Promise<void>;
  loadAuthority(authority: IkeAuthority): Promise<void>;
  authorities(): Promise<readonly string[]>;
  unloadAuthority(name: string): Promise<void>;
  /** IKE_SAs that stand go on with what they were set up with, until they are set up anew. */
  loadConnection(connection: IkeConnection): Promise<void>;
  /** Names, ours and those of others. */
  connections(): Promise<readonly string[]>;
  unloadConnection(name: string): Promise<void>;
  /** Begin to set it up; not waited for. */
  initiate(name: string, child?: string): Promise<void>;
  /**
   * Set it up, and wait for that; nothing else can be asked meanwhile. Where an IKE_SA of the same settings stands, that
   * one is used, and a child that stands is not set up twice.
   *
   * @param patienceMs after which charon goes on without being waited for
   */
  establish(name: string, child: string | undefined, patienceMs: number): Promise<IkeAttempt>;
  /**
   * Have the IKE_SAs of a connection authenticated anew; not waited for. They are so with what they were set up with: another
   * certificate that was loaded since is not used, see `replaceAssociations`.
   */
  reauthenticate(connection: string): Promise<void>;
  /** End IKE_SAs, of a connection or one by its id, or a CHILD_SA by its id. @returns how many */
  terminate(which: IkeEnded): Promise<number>;
  flush(cache: IkeCache): Promise<void>;
  associations(connection?: string): Promise<readonly IkeAssociation[]>;
  /** X.509 certificates, loaded or received. */
  certificates(): Promise<readonly IkeCertificate[]>;
  /** Be told of each IKE_SA that is established or gone, from when this resolves until the connection ends. */
  watch(changed: (association: IkeAssociation, isUp: boolean) => void): Promise<void>;
  /** Be told of each IKE_SA that goes on by another id, with new keys: nobody has been authenticated for that. */
  watchRekeyed(renamed: (formerId: string, id: string) => void): Promise<void>;
  /** Wait until the daemon cannot be asked any more: it is gone, or this was closed. @returns why */
  ended(): Promise<unknown>;
  /** Never throws. */
  close(): void;
}

/** How a daemon is reached. */
export interface IkeDaemonOptions {
  /** For connecting, and for each command. */
  readonly timeoutMs?: number;
  /** For everything together; without it, there is no end to what each command may take. */
  readonly totalMs?: number;
  readonly signal?: AbortSignal | undefined;
}
