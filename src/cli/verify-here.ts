import { composeValidation } from '../agent/compose-validation.ts';
import type { Services } from '../agent/compose.ts';
import type { Label } from '../base/label.ts';
import { ownChain } from '../lifecycle/own-chain.ts';
import { resolvePolicy, type PolicyChoice } from '../lifecycle/validation-policies.ts';
import { parseIdentity } from '../revocation/peer-identity-text.ts';
import { validatePeer } from '../validation/check-peer.ts';
import { peerReport, type PeerReport } from '../validation/peer-report.ts';

/** A peer, or a certificate of ours, to be judged by this process. */
export interface VerifyHere {
  readonly choice: PolicyChoice;
  /** DER, the peer's own first; or the name of a certificate of ours. */
  readonly of: readonly Uint8Array[] | Label;
  /** As it was typed. */
  readonly identity?: string;
  readonly staple?: Uint8Array;
  readonly at?: Date;
}

/**
 * Judge, and ask responders and fetch CRLs for that.
 *
 * @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN, USAGE_INVALID
 */
export async function verifyHere(
  services: Services,
  { choice, of, identity, staple, at }: VerifyHere,
): Promise<PeerReport> {
  const policy = await resolvePolicy(services.store, choice);
  const chain = typeof of === 'string' ? await ownChain(services, of) : of;
  const verdict = await validatePeer(
    composeValidation(services, at && { at }).context,
    policy,
    {
      chain,
      ...(identity !== undefined && { identity: parseIdentity(identity) }),
      ...(staple && { staple }),
    },
    at ?? services.clock.now(),
    new AbortController().signal,
  );
  return peerReport(verdict);
}
