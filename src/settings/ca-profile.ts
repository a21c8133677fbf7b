import type { Label } from '../base/label.ts';

/** Parameters of the PasswordBasedMac we send (RFC 9810 section 5.1.3.1). */
export interface PbmSettings {
  readonly owf: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly mac: 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  readonly iterationCount: number;
}

/** The rows of the table in `presets.ts`. */
export type PresetName = 'rfc9483' | 'interoperable' | 'ejbca' | 'openssl-mock' | '3gpp';

/** An HTTP proxy; its password is kept in the store, sealed beside the profile. */
export interface ProxySettings {
  readonly url: string;
  readonly username?: string;
}

/**
 * Everything an operator says about one CA or RA: where it is, how to talk to it, and what to believe.
 * Plain data: names are RFC 4514 text, certificates are DER. The shared secret is not in here; the
 * store keeps it encrypted beside the profile.
 */
export interface CaProfile extends CaCertificates, CaPlace, CaBehaviour {
  readonly label: Label;
}

/** Whose certificates mean what, as DER. */
export interface CaCertificates {
  /** Anchors for the certificates this CA issues; empty only with `trustFirstUse`. */
  readonly roots: readonly Uint8Array[];
  /**
   * Anchors for the signers of its CMP messages. Dedicated to CMP: any certificate below them may sign.
   * When empty, `roots` serve, and the signer must be the CA itself or carry EKU cmcCA or cmcRA.
   */
  readonly cmpRoots: readonly Uint8Array[];
  /** The one certificate its CMP messages may be signed with, if pinned. */
  readonly serverCertificate?: Uint8Array;
  /** Intermediate CA certificates, never anchors. */
  readonly intermediates: readonly Uint8Array[];
  /** Anchors of the HTTPS server; those of the system when empty. */
  readonly tlsRoots: readonly Uint8Array[];
}

/** Where it is, and by which names. */
export interface CaPlace {
  readonly url: string;
  /** Append the operation labels of RFC 9483 section 6.1 to the URL. */
  readonly operationLabels: boolean;
  /** Reference value of the shared secret. */
  readonly reference?: string;
  /** Name to address requests to (RFC 4514); otherwise derived from the credential. */
  readonly recipient?: string;
  /** Name of the CA that shall issue, put into the template (RFC 4514). */
  readonly issuer?: string;
  /** Sender a signed answer must come from, if it is not a CA or EKU-authorised RA (RFC 4514). */
  readonly expectedSender?: string;
  /** Name in generalInfo certProfile of requests (RFC 9810 section 5.1.1.4). */
  readonly certProfile?: string;
  /** Certificate, by its name here, that authenticates us to the HTTPS server. */
  readonly tlsClientCertificate?: Label;
  /** Name the HTTPS server's certificate must have, if not the URL's. */
  readonly tlsServerName?: string;
  readonly proxy?: ProxySettings;
}

/** How to talk to it and how strict to be: what a preset decides. */
export interface CaBehaviour {
  /** The row of presets it began with; for show. */
  readonly preset: PresetName;
  /** 2, or 3 for a CA that wants cmp2021 throughout (RFC 9810 section 7). */
  readonly pvno: 2 | 3;
  /** Ask for implicitConfirm (RFC 9483 section 4.1.1). */
  readonly implicitConfirm: boolean;
  /**
   * The MAC of requests under the shared secret; answers may use either. RFC 9481 section 7.1 prefers PBMAC1
   * where the CA knows it; nothing tells us whether it does, and OpenSSL does not: PasswordBasedMac unless said.
   */
  readonly protection: 'pbm' | 'pbmac1';
  /** PBMAC1 takes the iterations only: the rest of it is always HMAC-SHA-256. */
  readonly pbm: PbmSettings;
  /** Padding of signatures by RSA keys that allow either. */
  readonly rsaSignature: 'pkcs1' | 'pss';
  /** Under a MAC: the reference as commonName (RFC 9483 section 3.1), or the NULL-DN (RFC 9810). */
  readonly macSender: 'reference' | 'null-dn';
  /** Take signed answers to requests under the shared secret, if their signer verifies. */
  readonly signedAnswers: boolean;
  /** Take an unprotected rejection for the CA's word; it never is a yes, and never an unprotected pkiconf. */
  readonly unprotectedErrors: boolean;
  /** Let the signer of answers lack digitalSignature in its keyUsage. */
  readonly ignoreKeyUsage: boolean;
  /** Take errors that do not repeat our nonce: their protection still has to hold. */
  readonly lenientErrorNonces: boolean;
  /** What of the old certificate an update asks for beside its names (RFC 9483 section 4.1.3: nothing). */
  readonly updateExtensions: 'none' | 'keep';
  /** What becomes of a request that is protected by less than its key is worth (RFC 9481 section 7). */
  readonly weakProtection: 'warn' | 'refuse';
  /** How far messageTime may be off, in seconds; 0 switches the check off. */
  readonly timeToleranceSeconds: number;
  /** After this long without a certificate a transaction is closed as failed. */
  readonly transactionDeadlineSeconds: number;
  /** Shortest wait between two polls, whatever the peer says. */
  readonly minPollSeconds: number;
  readonly connectTimeoutSeconds: number;
  readonly responseTimeoutSeconds: number;
  /** Accept SHA-1 signatures and one-way functions and RSA keys of 1024 bits: only for a CA too old for better. */
  readonly allowLegacyAlgorithms: boolean;
  /** Let a MAC-protected ip bring trust anchors in caPubs (RFC 9810 section 5.3.2). */
  readonly trustCapubs: boolean;
  /**
   * Let the first ip bring the root that vouches for it, as TS 33.310 clause 9 has it and RFC 9483 section 3.3
   * forbids: whoever answers first is believed from then on.
   */
  readonly trustFirstUse: boolean;
}
