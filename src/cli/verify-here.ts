import { composeValidation } from '../agent/compose-validation.ts';
import type { Services } from '../agent/compose.ts';
import { storeTally } from '../agent/store-tally.ts';
import type { Label } from '../base/label.ts';
import { ownChain } from '../lifecycle/own-chain.ts';
import { resolvePolicy, type PolicyChoice } from '../lifecycle/validation-policies.ts';
import { parseIdentity } from '../revocation/peer-identity-text.ts';
import { validatePeer } from '../validation/check-peer.ts';
import { peerReport, type PeerReport } from '../validation/peer-report.ts';
import { validationTally } from '../validation/validation-tally.ts';

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
 * Judge, and ask responders and fetch CRLs for that. It counts as a peer of the agent does, unless it is of another time.
 *
 * @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN, USAGE_INVALID
 */
export async function verifyHere(
  services: Services,
  { choice, of, identity, staple, at }: VerifyHere,
): Promise<PeerReport> {
  const policy = await resolvePolicy(services.store, choice);
  const chain = typeof of === 'string' ? await ownChain(services, of) : of;
  const tally = validationTally();
  const verdict = await validatePeer(
    composeValidation(services, at ? { at } : { tell: tally.count }).context,
    policy,
    {
      chain,
      ...(identity !== undefined && { identity: parseIdentity(identity) }),
      ...(staple && { staple }),
    },
    at ?? services.clock.now(),
    new AbortController().signal,
  );
  // Who may look and not write is told the verdict all the same.
  await storeTally(tally, services).catch((error: unknown) => {
    services.log.debug(
      `what was counted is not stored: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  return peerReport(verdict);
}
