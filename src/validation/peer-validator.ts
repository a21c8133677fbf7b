import type { KeyPurpose } from '../revocation/key-purpose.ts';
import type { PeerToJudge, PeerVerdict, ValidationPolicy } from './contract.ts';

/** How one peer is judged. */
export interface JudgeOptions {
  /** Another time than now, for whoever asks how it was; nothing that is fetched is held then. */
  readonly at?: Date;
  /** What the key is used for here, in place of what the policy says, unless that is any purpose. */
  readonly purpose?: KeyPurpose;
  /** Aborted when nobody waits for it any more: the verdict then is of what is known. */
  readonly signal?: AbortSignal;
}

/** Judges peers by one policy; what responders and CRLs say is kept in it, so make one and keep it. */
export interface PeerValidator {
  /**
   * Judge a peer. Whatever it sent, and whatever the sources answer, there is a verdict: this throws only when the
   * validator is closed.
   *
   * @throws {CertError} USAGE_INVALID after `close`
   */
  validatePeer(peer: PeerToJudge, options?: JudgeOptions): Promise<PeerVerdict>;
  /** End what is asked of others; each verdict under way is of what is known. */
  close(): Promise<void>;
}

/** Put in force what a key is used for. A policy for any purpose stays one: an operator said so. */
export function policyFor(
  policy: ValidationPolicy,
  purpose: KeyPurpose | undefined,
): ValidationPolicy {
  if (!purpose || !policy.purpose) return policy;
  return { ...policy, purpose, hosts: purpose.type === 'tls-server' ? 'wildcards' : 'exact' };
}
