import { bytesEqual, toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { digest } from '../crypto/digest.ts';
import type { IkeDaemon } from '../deploy/ike-daemon.ts';
import type { TrustedPeer } from '../lifecycle/ipsec-authorities.ts';
import { cas, crlsForIke } from '../lifecycle/ipsec-crls.ts';
import { maySignCrls, signersOf } from '../revocation/crl-signer.ts';
import { readCrl } from '../revocation/crl.ts';
import type { Store } from '../store/store.ts';
import type { SignedCrl, ValidationContext } from '../validation/contract.ts';
import { sameName } from '../x509/name.ts';

/** Keeps a charon in CRLs, and takes what it fetched by itself. */
export interface TunnelCrls {
  /**
   * Hold what charon fetched, where a CA signed it by which a peer is judged: what keeps a peer out there keeps it out here.
   *
   * @throws {CertError} DELIVERY_FAILED when charon cannot be asked; STORE_…
   */
  learn(daemon: Pick<IkeDaemon, 'crls'>, peers: readonly TrustedPeer[]): Promise<void>;
  /** Find those for the peers of a charon. @throws {CertError} STORE_… */
  find(peers: readonly TrustedPeer[]): Promise<FoundCrls>;
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

/** What that stands on. */
export interface TunnelCrlsContext {
  readonly store: Store;
  readonly log: Log;
  readonly validation: Pick<ValidationContext, 'crls' | 'algorithms'>;
}

/** Make it. */
export function tunnelCrls({ store, log, validation }: TunnelCrlsContext): TunnelCrls {
  let last:
    | (FoundCrls & { readonly held: string; readonly peers: readonly TrustedPeer[] })
    | undefined;
  /** What charon was given once, or gave: one that is older than its own it drops without a word. */
  const given = new Set<string>();

  return {
    async learn(daemon, peers) {
      for (const der of await daemon.crls()) {
        if (given.has(nameOf(der))) continue;
        given.add(nameOf(der));
        const signed = signedBy(der, peers, validation);
        if (signed) await validation.crls.keep([signed]);
      }
    },
    async find(peers) {
      const summaries = await store.heldCrls.list();
      const held = JSON.stringify(
        summaries.map(({ identity, thisUpdate, crlNumber }) => [
          identity,
          thisUpdate,
          crlNumber?.toString(),
        ]),
      );
      if (last?.held === held && last.peers === peers) return last;
      const crls: Uint8Array[] = [];
      for (const { trust } of peers) {
        for (const der of await crlsForIke(store, trust))
          if (!crls.some((other) => bytesEqual(other, der))) crls.push(der);
      }
      last = { held, peers, crls, version: crls.map(nameOf).toSorted().join(' ') };
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

/** Charon has verified it by whatever it had; here it counts by who signed it. */
function signedBy(
  der: Uint8Array,
  peers: readonly TrustedPeer[],
  { algorithms }: Pick<ValidationContext, 'algorithms'>,
): SignedCrl | undefined {
  const reading = readCrl(der);
  if (reading.type !== 'crl') return undefined;
  const { crl } = reading;
  const candidates = peers
    .flatMap(({ trust }) => cas(trust))
    .filter(({ tbsCertificate }) => sameName(tbsCertificate.subject, crl.issuer));
  const signers = { candidates: () => candidates, above: () => undefined };
  const signer = signersOf(crl, signers, algorithms)?.find(maySignCrls);
  return signer && { crl, signer };
}
