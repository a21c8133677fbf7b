import { toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { digest } from '../crypto/digest.ts';
import type { TrustedPeer } from '../lifecycle/ipsec-authorities.ts';
import { validatePeer } from '../validation/check-peer.ts';
import type { ValidationContext, ValidationPolicy } from '../validation/contract.ts';
import { certificateDer } from '../x509/certificate.ts';
import { policyFor } from './judge-peer.ts';
import type { Store } from '../store/store.ts';

/**
 * Has at hand what is said of the CAs of peers, before there is a peer: a charon that reaches nobody but this machine lets
 * nobody in for want of it, and then there never is one to be judged.
 */
export interface TunnelCaStatus {
  /** Fetch what is due. @returns whether anything was. @throws {CertError} STORE_… */
  look(peers: readonly TrustedPeer[], signal: AbortSignal): Promise<boolean>;
}

/** CRLs that are held are not fetched again before their end; the others are tried so often. */
const AGAIN_MS = 300_000;

/** Make it. */
export function tunnelCaStatus({
  store,
  clock,
  validation,
}: {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly validation: ValidationContext;
}): TunnelCaStatus {
  const lookedAt = new Map<string, number>();
  // It is no peer: it counts for none, and nobody is told.
  const quiet: ValidationContext = {
    ...validation,
    tell(event) {
      if (event.type !== 'judged' && event.type !== 'peer-revoked') validation.tell(event);
    },
  };
  const isDue = (key: string): boolean => {
    const age = clock.now().getTime() - (lookedAt.get(key) ?? -Infinity);
    return age < 0 || age >= AGAIN_MS;
  };
  return {
    async look(peers, signal) {
      let isAny = false;
      for (const { peer, trust } of peers) {
        for (const ca of trust.intermediates) {
          const der = certificateDer(ca);
          // What is fetched is held for all peers.
          const key = toHex(digest('sha256', der));
          if (!isDue(key)) continue;
          lookedAt.set(key, clock.now().getTime());
          const found = await policyFor(store, peer);
          if ('failure' in found) continue;
          isAny = true;
          await validatePeer(quiet, byCrls(found), { chain: [der] }, clock.now(), signal);
          if (signal.aborted) return false;
        }
      }
      return isAny;
    },
  };
}

/** Only CRLs are given to charon; OCSP it asks the agent for. */
function byCrls(found: ValidationPolicy): ValidationPolicy {
  const { name, path, hosts, revocation, crls, ocspRevoked, unknownFallback, deadlineMs } = found;
  const use = { ...crls, use: true };
  return { name, path, hosts, revocation, crls: use, ocspRevoked, unknownFallback, deadlineMs };
}
