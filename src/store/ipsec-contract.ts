import type { Label } from '../base/label.ts';

/** Traffic of one CHILD_SA: what of ours may talk to what of theirs. */
export interface IpsecChild {
  /** Unique to its peer. */
  readonly name: Label;
  /** As charon writes selectors: `10.1.0.0/24`, `10.1.0.1-10.1.0.9`, with `[tcp/443]` or `[udp/1000-2000]` behind it. */
  readonly localSelectors: readonly string[];
  readonly remoteSelectors: readonly string[];
  /** As charon writes them, such as `aes128-sha256`; empty: its own choice. */
  readonly espProposals: readonly string[];
}

/** What is made of a peer's certificate nobody gives a word on. */
export type IpsecRevocation = 'strict' | 'relaxed' | 'ifuri';

/** An IKEv2 connection of a local strongSwan that authenticates with one of our certificates. */
export interface IpsecPeer {
  readonly name: Label;
  /** Of charon's VICI, absolute. */
  readonly socket: string;
  readonly description?: string;
  /** Addresses or host names; empty: any of this machine. */
  readonly localAddresses: readonly string[];
  /** Addresses or host names; empty: any, so that it can only be answered. */
  readonly remoteAddresses: readonly string[];
  /** As charon reads identities; absent: the subject of the certificate. */
  readonly localId?: string;
  /** Absent: any that its certificate has. */
  readonly remoteId?: string;
  /** Name of our certificate. */
  readonly certificate: Label;
  /** Labels of CAs by which the peer is judged; empty: those of the policy. */
  readonly ca: readonly string[];
  /** Name of a validation policy, whose words the others here override. */
  readonly policy?: string;
  /** Whether it is set up by us, as soon as it is loaded. */
  readonly isInitiator: boolean;
  /** Absent: as the policy says; `strict` without one, and with an OCSP object. */
  readonly revocation?: IpsecRevocation;
  /** Name of the OCSP object by which charon is answered on this peer. */
  readonly ocspObject?: string;
  /** Names of configured CRLs, which are verified here and loaded. */
  readonly crls: readonly string[];
  /** Where charon itself may fetch CRLs of these CAs, beside what certificates name. */
  readonly crlUris: readonly string[];
  readonly reauthSeconds?: number;
  /** Whether its IKE_SAs are authenticated anew as soon as there is another certificate of ours. */
  readonly reauthenticates: boolean;
  /** As charon writes them, such as `aes128-sha256-ecp256`; empty: its own choice. */
  readonly proposals: readonly string[];
  /** At most `MAX_IPSEC_CHILDREN`; without any the IKE_SA has no traffic. */
  readonly children: readonly IpsecChild[];
}

/** What WeOS lets a tunnel have, and more than anybody asked for. */
export const MAX_IPSEC_CHILDREN = 5;

/** Label of a deployment that was made for the peers of a certificate. */
export const IPSEC_DEPLOYMENT = 'strongswan';

/**
 * Connections of local strongSwans, by name. Whatever changes one lets the deployments to its socket of its certificate
 * be done again, in the same write; where the certificate has none, it gets one.
 */
export interface IpsecPeers {
  /** By name. */
  list(): Promise<readonly IpsecPeer[]>;
  get(name: string): Promise<IpsecPeer | undefined>;
  /** Those that authenticate with a certificate, by name. */
  ofCertificate(certificate: string): Promise<readonly IpsecPeer[]>;
  /** Set one in place of one of that name. */
  put(peer: IpsecPeer): Promise<void>;
  /** The deployment that was made for the last peer of a certificate goes with it. @returns `false` when there was none */
  remove(name: string): Promise<boolean>;
}
