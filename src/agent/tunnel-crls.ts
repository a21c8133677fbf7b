import { bytesEqual, toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { digest } from '../crypto/digest.ts';
import type { IkeDaemon } from '../deploy/ike-daemon.ts';
import { crlsForIke } from '../lifecycle/ipsec-crls.ts';
import { ipsecTrust } from '../lifecycle/ipsec-trust.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';

/** Keeps a charon in CRLs. */
export interface TunnelCrls {
  /** Find those for the peers of a charon. @throws {CertError} STORE_… */
  find(peers: readonly IpsecPeer[]): Promise<FoundCrls>;
  /**
   * Load what charon has not, and have it forget what it fetched and was answered before: that would be believed until its
   * own end.
   *
   * @throws {CertError} DELIVERY_FAILED when charon cannot be asked
   */
  load(daemon: Pick<IkeDaemon, 'crls' | 'loadCrl' | 'flush'>, found: FoundCrls): Promise<void>;
  /** It is another charon by now, which has nothing. */
  forget(): void;
}

/** What is held here. */
export interface FoundCrls {
  /** DER. */
  readonly crls: readonly Uint8Array[];
  /** Changes with them. */
  readonly version: string;
}

/** Labels stand for other CAs after that at the latest; to find CAs costs signatures. */
const KEPT_MS = 60_000;

/** Make it. */
export function tunnelCrls(context: {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): TunnelCrls {
  const { store, clock, log } = context;
  let last: (FoundCrls & { readonly by: string; readonly at: number }) | undefined;
  /** What charon was given once: one that is older than its own it drops without a word. */
  const given = new Set<string>();

  const search = async (peers: readonly IpsecPeer[]): Promise<readonly Uint8Array[]> => {
    const found: Uint8Array[] = [];
    for (const peer of peers) {
      try {
        for (const der of await crlsForIke(store, await ipsecTrust(store, peer)))
          if (!found.some((other) => bytesEqual(other, der))) found.push(der);
      } catch (error) {
        // Of a policy or a CA that is not there the deployment complains.
        if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
      }
    }
    return found;
  };

  return {
    async find(peers) {
      const held = (await store.heldCrls.list()).map(
        ({ identity, thisUpdate, crlNumber }) =>
          `${identity} ${thisUpdate.getTime()} ${crlNumber ?? ''}`,
      );
      const by = JSON.stringify([held, peers]);
      const now = clock.now().getTime();
      const age = now - (last?.at ?? -Infinity);
      if (last?.by === by && age >= 0 && age < KEPT_MS) return last;
      const crls = await search(peers);
      last = { by, at: now, crls, version: crls.map(nameOf).toSorted().join(' ') };
      return last;
    },
    async load(daemon, { crls }) {
      const wanted = crls.filter((der) => !given.has(nameOf(der)));
      if (wanted.length === 0) return;
      const there = await daemon.crls();
      let isNew = false;
      for (const der of wanted) {
        given.add(nameOf(der));
        if (there.some((other) => bytesEqual(other, der))) continue;
        try {
          await daemon.loadCrl(der);
          isNew = true;
        } catch (error) {
          if (!(error instanceof CertError)) throw error;
          log.warn(error.message);
        }
      }
      if (!isNew) return;
      await daemon.flush('X509_CRL');
      await daemon.flush('OCSP_RESPONSE');
    },
    forget: () => given.clear(),
  };
}

function nameOf(der: Uint8Array): string {
  return toHex(digest('sha256', der));
}
