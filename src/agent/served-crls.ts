import type { Clock } from '../base/clock.ts';
import { configuredIdentities, crlsOfCas, isWhole } from '../lifecycle/ipsec-crls.ts';
import { crlPathOf } from '../lifecycle/ipsec-large-crls.ts';
import { tagOf } from '../ocsp-staple/responder-question.ts';
import type { HeldCrlSummary } from '../store/validation-contract.ts';
import type { Store } from '../store/store.ts';
import { tunnelTrust } from './tunnel-trust.ts';

/** A CRL that charons may have. */
export interface ServedCrl {
  readonly der: Uint8Array;
  readonly etag: string;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
}

/** The CRLs that charons may fetch from us. */
export interface ServedCrls {
  /**
   * @param place path at our responder, or the URL where the CRL comes from, as a proxy is asked for it
   * @returns undefined when there is none there of a CA by which an IPsec peer is judged
   * @throws {CertError} STORE_…
   */
  find(place: string): Promise<ServedCrl | undefined>;
}

/** What is kept in memory: two of the largest CRLs that are held. */
const KEPT_OCTETS = 128 * 1024 * 1024;

/** Make them: what is held at the moment, verified, of a CA of a peer by name and key, whole; nothing else of the store. */
export function servedCrls(context: {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
}): ServedCrls {
  const { store } = context;
  const trust = tunnelTrust(context);
  const kept = new Map<string, KeptCrl>();

  const identityAt = async (place: string): Promise<string | undefined> => {
    const peers = await trust(await store.ipsecPeers.list());
    const source = place.startsWith('/') ? undefined : await store.crlSources.get(place);
    if (!place.startsWith('/') && source?.identity === undefined) return undefined;
    for (const each of peers) {
      for (const { ca, held } of await crlsOfCas(store, each.trust)) {
        if (crlPathOf(ca) === place || held.identity === source?.identity) return held.identity;
      }
      const named = await configuredIdentities(store, each.trust.crls);
      if (source?.identity !== undefined && named.includes(source.identity)) return source.identity;
    }
    return undefined;
  };

  return {
    async find(place) {
      const identity = await identityAt(place);
      if (identity === undefined) return undefined;
      // Now, and not as it was found a moment ago: charon keeps what it gets until its end.
      const held = (await store.heldCrls.list()).find((each) => each.identity === identity);
      if (held === undefined) return undefined;
      const version = versionOf(held);
      const before = kept.get(identity);
      if (before?.version === version) return await before.crl;
      const crl = read(store, identity);
      kept.delete(identity);
      kept.set(identity, { version, octets: held.octets, crl });
      // What cannot be read now may be another time.
      crl.catch(() => kept.delete(identity));
      makeRoom(kept);
      return await crl;
    },
  };
}

interface KeptCrl {
  readonly version: string;
  readonly octets: number;
  /** One reading is for all who ask meanwhile. */
  readonly crl: Promise<ServedCrl | undefined>;
}

async function read({ heldCrls }: Store, identity: string): Promise<ServedCrl | undefined> {
  const held = await heldCrls.get(identity);
  if (held === undefined || !isWhole(held)) return undefined;
  const { der, thisUpdate, nextUpdate } = held;
  return { der, etag: tagOf(der), thisUpdate, ...(nextUpdate && { nextUpdate }) };
}

/** Tell one that is held from the one before of its row. */
export function versionOf({ identity, thisUpdate, crlNumber, octets }: HeldCrlSummary): string {
  return JSON.stringify([identity, thisUpdate.getTime(), crlNumber?.toString(), octets]);
}

/** The one that came last stays. */
function makeRoom(kept: Map<string, KeptCrl>): void {
  let octets = [...kept.values()].reduce((sum, each) => sum + each.octets, 0);
  for (const [identity, each] of kept) {
    if (octets <= KEPT_OCTETS || kept.size === 1) return;
    kept.delete(identity);
    octets -= each.octets;
  }
}
