import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { ipsecPolicy } from '../lifecycle/ipsec-policy.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import { validatePeer } from '../validation/check-peer.ts';
import type { PeerVerdict, ValidationContext, ValidationPolicy } from '../validation/contract.ts';
import type { HeardRevocations } from './heard-revocations.ts';

/** What judging a peer stands on. */
export interface PeerJudgeContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly validation: ValidationContext;
  readonly heard: Pick<HeardRevocations, 'of'>;
}

/** What is made of a peer by the certificates that it may have shown. */
export type PeerJudgement =
  | { readonly type: 'accepted' }
  /** By an older one only: it is to show which it has. */
  | { readonly type: 'mixed' }
  | {
      readonly type: 'refused';
      /** The code, and what it is about. */
      readonly why: string;
      /** `no-word`: nobody says anything against it, and there is just nobody to ask. */
      readonly by: 'revocation' | 'no-word' | 'rules';
    };

/**
 * Find by what a peer is judged.
 *
 * @returns why not, where it is set up wrong: then the deployment complains as well
 * @throws {CertError} STORE_…
 */
export async function policyFor(
  store: Store,
  peer: IpsecPeer,
): Promise<ValidationPolicy | { readonly failure: string }> {
  try {
    return await ipsecPolicy(store, peer);
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    return { failure: error.message };
  }
}

/** Judge a peer: it is accepted if one of the certificates is that it may have shown. */
export async function judgePeer(
  { clock, validation, heard }: PeerJudgeContext,
  policy: ValidationPolicy,
  chains: readonly (readonly Uint8Array[])[],
  signal: AbortSignal,
): Promise<PeerJudgement> {
  const verdicts: PeerVerdict[] = [];
  for (const chain of chains) {
    const staple = heard.of(chain[0]);
    const peer = { chain, ...(staple && { staple }) };
    const verdict = await validatePeer(validation, policy, peer, clock.now(), signal);
    if (verdict.verdict === 'accept') {
      const isMixed = verdicts.some((newer) => !isOfSources(newer));
      return { type: isMixed ? 'mixed' : 'accepted' };
    }
    verdicts.push(verdict);
  }
  // Of several the newest is the likeliest.
  const [reason] = verdicts[0]?.reasons ?? [];
  const why = reason ? `${reason.code}: ${reason.detail}` : 'internal: no reason is known';
  const by = verdicts.some(isOfSources)
    ? 'no-word'
    : verdicts.every(isRevoked)
      ? 'revocation'
      : 'rules';
  return { type: 'refused', why, by };
}

function isOfSources({ revocation }: PeerVerdict): boolean {
  const missing = revocation.filter(({ accepted }) => !accepted);
  return missing.length > 0 && missing.every(({ verdict }) => verdict.type === 'unavailable');
}

function isRevoked({ revocation }: PeerVerdict): boolean {
  return revocation.some(({ verdict }) => verdict.type === 'revoked');
}
