import { CertError } from '../base/errors.ts';
import type { Store } from '../store/store.ts';
import { cas } from './ipsec-crls.ts';
import { ipsecTrust } from './ipsec-trust.ts';
import { resolveOcsp } from './ocsp-objects.ts';
import type { RelayOf } from './set-responder.ts';

/** What is asked for the charons of IPsec peers. */
export interface IpsecRelays {
  readonly relays: readonly RelayOf[];
  /** Why something is not asked for one of them, each in a sentence without a period. */
  readonly failures: readonly string[];
}

/**
 * Find about whose certificates charons ask, and by which OCSP object that is found out: for each peer with an object the
 * CAs by which it is judged. What is set up wrong for one keeps nobody from asking about the others.
 *
 * @throws {CertError} STORE_…
 */
export async function ipsecRelays(store: Store): Promise<IpsecRelays> {
  const relays: RelayOf[] = [];
  const failures = new Set<string>();
  for (const peer of await store.ipsecPeers.list()) {
    try {
      const trust = await ipsecTrust(store, peer);
      if (trust.ocspObject === undefined) continue;
      relays.push({ issuers: cas(trust), object: await resolveOcsp(store, trust.ocspObject) });
    } catch (error) {
      if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
      failures.add(error.message);
    }
  }
  return { relays, failures: [...failures] };
}
