import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { crlsAhead } from '../lifecycle/ipsec-ahead.ts';
import { certificatesOf } from '../lifecycle/ipsec-fetch-ahead.ts';
import type { TrustedPeer } from '../lifecycle/ipsec-trust.ts';
import type { Store } from '../store/store.ts';
import type { ValidationContext } from '../validation/contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { SeenCertificates } from './tunnel-chains.ts';

/** Keeps the CRLs at hand that a charon will be given for its peers, one fetching at a time. */
export interface TunnelAhead {
  /** Tell whether it is time for peers: they are others, or were looked at anew. */
  isDue(peers: readonly TrustedPeer[]): boolean;
  /** Fetch what their CAs name, and what is named by all that is seen of these and is ours; nobody waits for it. */
  begin(peers: readonly TrustedPeer[], seen: Pick<SeenCertificates, 'issuedBelow'>): void;
}

/** What that stands on. */
export interface TunnelAheadContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly validation: ValidationContext;
  readonly signal: AbortSignal;
}

/**
 * Make it.
 *
 * @param fetched called when there may be something new
 */
export function tunnelAhead(
  { signal, ...context }: TunnelAheadContext,
  fetched: () => void,
): TunnelAhead {
  const { store, log } = context;
  const ahead = crlsAhead(context);
  let last: readonly TrustedPeer[] | undefined;
  let isFetching = false;
  const told = new Set<string>();

  const tell = (missing: readonly string[]): void => {
    if (missing.length === 0) told.clear();
    for (const each of missing) {
      if (!told.has(each)) log.warn(each);
      told.add(each);
    }
  };
  const fetch = async (
    peers: readonly TrustedPeer[],
    seen: Pick<SeenCertificates, 'issuedBelow'>,
  ): Promise<void> => {
    const own = await ownOf(store, peers);
    const othersOf = (cas: readonly Certificate[]) => [...own, ...seen.issuedBelow(cas)];
    const { isAny, missing } = await ahead.fetch(peers, othersOf, signal);
    if (!isAny || signal.aborted) return;
    tell(missing);
    fetched();
  };

  return {
    isDue: (peers) => !isFetching && peers !== last,
    begin(peers, seen) {
      last = peers;
      isFetching = true;
      fetch(peers, seen)
        .catch(() => {
          // The store complains to whoever waits for it; here it is tried again.
          last = undefined;
        })
        .finally(() => {
          isFetching = false;
        });
    },
  };
}

/** Read our certificates that peers are shown. */
async function ownOf(
  { certificates }: Pick<Store, 'certificates'>,
  peers: readonly TrustedPeer[],
): Promise<readonly Certificate[]> {
  const own: Certificate[] = [];
  for (const name of new Set(peers.map(({ peer }) => peer.certificate))) {
    const record = await certificates.current(name);
    if (record) own.push(...certificatesOf(record));
  }
  return own;
}
