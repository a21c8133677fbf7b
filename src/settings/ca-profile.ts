import type { Label } from '../base/label.ts';

/** Parameters of the PasswordBasedMac we send (RFC 9810 section 5.1.3.1). */
export interface PbmSettings {
  readonly owf: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly mac: 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  readonly iterationCount: number;
}

/**
 * Everything an operator says about one CA or RA: where it is, how to talk to it, and what to believe.
 * Plain data: names are RFC 4514 text, certificates are DER. The shared secret is not in here; the
 * store keeps it encrypted beside the profile.
 */
export interface CaProfile {
  readonly label: Label;
  readonly url: string;
  /** Anchors for the certificates this CA issues. */
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
  /** Reference value of the shared secret. */
  readonly reference?: string;
  /** Name to address requests to (RFC 4514); otherwise derived from the credential. */
  readonly recipient?: string;
  /** Name of the CA that shall issue, put into the template (RFC 4514). */
  readonly issuer?: string;
  /** Sender a signed answer must come from, if it is not a CA or EKU-authorised RA (RFC 4514). */
  readonly expectedSender?: string;
  /** Ask for implicitConfirm (RFC 9483 section 4.1.1). */
  readonly implicitConfirm: boolean;
  /**
   * The MAC of requests under the shared secret; answers may use either. RFC 9481 section 7.1 prefers PBMAC1
   * where the CA knows it; nothing tells us whether it does, and OpenSSL does not: PasswordBasedMac unless said.
   */
  readonly protection: 'pbm' | 'pbmac1';
  /** PBMAC1 takes the iterations only: the rest of it is always HMAC-SHA-256. */
  readonly pbm: PbmSettings;
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
}
