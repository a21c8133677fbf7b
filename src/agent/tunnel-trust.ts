import type { Clock } from '../base/clock.ts';
import { trustIfAny, type TrustedPeer } from '../lifecycle/ipsec-trust.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';

/** By what peers are judged, as it was found last. */
export type TunnelTrust = (peers: readonly IpsecPeer[]) => Promise<readonly TrustedPeer[]>;

/** Labels stand for other CAs after that at the latest; to find CAs costs signatures. */
const KEPT_MS = 60_000;

/** Make what finds it. A peer that is set up wrong is left out: of that the deployment complains. */
export function tunnelTrust({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
}): TunnelTrust {
  let last: { readonly by: string; readonly at: number; readonly all: readonly TrustedPeer[] };
  last = { by: '', at: 0, all: [] };
  return async (peers) => {
    const by = JSON.stringify(peers);
    const now = clock.now().getTime();
    const age = now - last.at;
    if (last.by === by && age >= 0 && age < KEPT_MS) return last.all;
    const all: TrustedPeer[] = [];
    for (const peer of peers) {
      const trust = await trustIfAny(store, peer);
      if (trust) all.push({ peer, trust });
    }
    last = { by, at: now, all };
    return all;
  };
}
