import type { PKIFailureBit } from '../cmp/message/pki-status-info.ts';
import type { DigestName } from '../crypto/digest.ts';
import type { KeyType } from '../crypto/key-type.ts';
import type { PbmSettings } from '../settings/ca-profile.ts';

/** How the lab behaves: nothing in here changes what it has issued. */
export interface LabSettings {
  /** Key type of root, issuing CA and RA; takes effect when a lab directory is made. */
  readonly keyType: KeyType;
  /** Hash in the certificates' signatures; by the CA's key when absent. EdDSA has its own. */
  readonly digest?: Exclude<DigestName, 'sha1'>;
  readonly validitySeconds: number;
  /** `manual`: every request waits until `approve` or `deny`. */
  readonly approval: 'automatic' | 'manual';
  /** How many polls are answered with "wait" before a request is granted. */
  readonly polls: number;
  readonly checkAfterSeconds: number;
  /** Grant implicitConfirm to whoever asks for it. */
  readonly implicitConfirm: boolean;
  /** What ip carries as caPubs. */
  readonly caPubs: 'none' | 'root' | 'chain';
  /** What comes as extraCerts beside the signer of the message, and in which order. */
  readonly extraCerts: 'chain' | 'chain-root' | 'reversed' | 'not-in-pkiconf';
  /** Refuse requests with this failInfo: all, or those that `refuseSubject` names. */
  readonly refuse?: PKIFailureBit;
  /** Refuse requests for a subject like this; `*` stands for any text. */
  readonly refuseSubject?: string;
  /** Attributes put in front of every subject, as in `OU=Lab`: the answer is then grantedWithMods. */
  readonly subjectSuffix?: string;
  /** What a message sent again gets: the same answer, or the error transactionIdInUse. */
  readonly retransmission: 'answer' | 'refuse';
  /** Which senderNonce the final answer after polling echoes (RFC 9483 section 4.4 allows both). */
  readonly delayedNonce: 'poll' | 'request';
  /** Whether a certificate that was updated before may be updated again. */
  readonly superseded: 'refuse' | 'accept';
  /** Parameters of the MAC over answers. */
  readonly pbm: PbmSettings;
  /** How far messageTime may be off; 0 switches the check off. */
  readonly timeToleranceSeconds: number;
  /** Accept SHA-1 and RSA keys of 1024 bits in requests. */
  readonly legacyAlgorithms: boolean;
}

/** The lab as it comes: grants everything at once, as RFC 9483 has it. */
export const defaultLabSettings: LabSettings = {
  keyType: 'p-256',
  validitySeconds: 90 * 86_400,
  approval: 'automatic',
  polls: 0,
  checkAfterSeconds: 5,
  implicitConfirm: true,
  caPubs: 'none',
  extraCerts: 'chain',
  retransmission: 'answer',
  delayedNonce: 'poll',
  superseded: 'refuse',
  // The lab's own secrets have 128 bits and more: RFC 9045 section 4.1 allows fewer iterations for such.
  pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 1024 },
  timeToleranceSeconds: 300,
  legacyAlgorithms: false,
};
