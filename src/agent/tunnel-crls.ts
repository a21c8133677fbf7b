import { sourceOf, toDer } from '../asn1/codec.ts';
import { toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { digest } from '../crypto/digest.ts';
import { modernOnly } from '../crypto/policy.ts';
import type { IkeAuthority, IkeDaemon } from '../deploy/ike-daemon.ts';
import { authoritiesOf, largeCrlsOf, responderUrlFor } from '../lifecycle/ipsec-authorities.ts';
import type { TrustedPeer } from '../lifecycle/ipsec-trust.ts';
import { cas, crlsForIke, isAmong } from '../lifecycle/ipsec-crls.ts';
import { crlPathPrefix, largeCrlAdvice } from '../lifecycle/ipsec-large-crls.ts';
import { maySignCrls, signersOf } from '../revocation/crl-signer.ts';
import { crlIdentity, readCrl } from '../revocation/crl.ts';
import type { Store } from '../store/store.ts';
import type { HeldCrl } from '../store/validation-contract.ts';
import { Name, sameName } from '../x509/name.ts';
import { versionOf } from './served-crls.ts';

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
   * Load what charon has not, tell it where what cannot be loaded is to be fetched, and have it forget what it fetched and
   * was answered before: that would be believed until its own end.
   *
   * @throws {CertError} DELIVERY_FAILED when charon cannot be asked
   */
  load(
    daemon: Pick<IkeDaemon, 'crls' | 'loadCrl' | 'flush' | 'authorities' | 'loadAuthority'>,
    found: FoundCrls,
  ): Promise<void>;
  /** It is another charon by now, which has nothing. */
  forget(): void;
}

/** What is held here. */
export interface FoundCrls {
  /** DER. */
  readonly crls: readonly Uint8Array[];
  /** Where charon fetches those that are too large to be loaded. */
  readonly authorities: readonly IkeAuthority[];
  /** Names of these as they are now. */
  readonly large: readonly string[];
  /** Changes with them all. */
  readonly version: string;
}

/** What that stands on. */
export interface TunnelCrlsContext {
  readonly store: Store;
  readonly log: Log;
  readonly clock: Pick<Clock, 'now'>;
}

/** As much as clocks differ. */
const MAX_AHEAD_MS = 300_000;

/** Make it. */
export function tunnelCrls({ store, log, clock }: TunnelCrlsContext): TunnelCrls {
  let last:
    | (FoundCrls & {
        readonly held: string;
        readonly peers: readonly TrustedPeer[];
        readonly url: string | undefined;
      })
    | undefined;
  /** What charon was given once, or gave: one that is older than its own it drops without a word. */
  const given = new Set<string>();
  let told: readonly string[] = [];
  /** Whoever was here before may have ended between loading and this. */
  let isToForget = true;

  const tell = (advice: readonly string[]): void => {
    for (const each of advice) if (!told.includes(each)) log.warn(each);
    told = advice;
  };

  /** @returns whether charon had not all of them */
  const loadSmall = async (
    daemon: Pick<IkeDaemon, 'crls' | 'loadCrl'>,
    { crls }: FoundCrls,
  ): Promise<boolean> => {
    const wanted = crls.filter((der) => !given.has(nameOf(der)));
    if (wanted.length === 0) return false;
    const there = await daemon.crls();
    let isNew = false;
    for (const der of wanted) {
      if (!isAmong(der, there)) {
        try {
          await daemon.loadCrl(der);
          isNew = true;
        } catch (error) {
          if (!(error instanceof CertError)) throw error;
          // What it refuses it is not given again; one that is gone, or does not answer, has refused nothing.
          await daemon.crls();
          log.warn(error.message);
        }
      }
      given.add(nameOf(der));
    }
    return isNew;
  };

  /** @returns whether charon may have fetched another one before: it does not list what is that large */
  const announce = async (
    daemon: Pick<IkeDaemon, 'authorities' | 'loadAuthority'>,
    { authorities, large }: FoundCrls,
  ): Promise<boolean> => {
    if (authorities.length === 0 && large.length === 0) return false;
    const there = await daemon.authorities();
    for (const each of authorities) {
      const what = JSON.stringify([each.name, each.ocspUris, each.crlUris]);
      if (given.has(what) && there.includes(each.name)) continue;
      await daemon.loadAuthority(each);
      given.add(what);
    }
    const isNew = large.some((each) => !given.has(each));
    for (const each of large) given.add(each);
    return isNew;
  };

  return {
    async learn(daemon, peers) {
      for (const der of await daemon.crls()) {
        if (given.has(nameOf(der))) continue;
        given.add(nameOf(der));
        const held = heldOf(der, peers, clock.now());
        if (held) await store.heldCrls.put(held);
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
      const url = await responderUrlFor(store, []);
      if (last?.held === held && last.peers === peers && last.url === url) return last;
      const trusts = peers.map(({ trust }) => trust);
      const crls = await crlsForIke(store, trusts);
      const tooLarge = await largeCrlsOf(store, peers);
      tell(largeCrlAdvice(tooLarge, url));
      const large = tooLarge.map((each) => versionOf(each.held));
      const authorities = authoritiesOf(peers, url, tooLarge).filter(({ crlUris }) =>
        crlUris.some((each) => url !== undefined && isOurs(each, url)),
      );
      const version = `${crls.map(nameOf).toSorted().join(' ')} ${large.join(' ')}`;
      last = { held, peers, url, crls, authorities, large, version };
      return last;
    },
    async load(daemon, found) {
      if (found.crls.length === 0 && found.large.length === 0) return;
      const wasToForget = isToForget;
      // Until it is done: this can end anywhere.
      isToForget = true;
      const isLoaded = await loadSmall(daemon, found);
      const isAnnounced = await announce(daemon, found);
      if (isLoaded || isAnnounced || wasToForget) {
        await daemon.flush('X509_CRL');
        await daemon.flush('OCSP_RESPONSE');
      }
      isToForget = false;
    },
    forget: () => given.clear(),
  };
}

function isOurs(uri: string, responderUrl: string): boolean {
  return uri.startsWith(new URL(crlPathPrefix, responderUrl).href);
}

function nameOf(der: Uint8Array): string {
  return toHex(digest('sha256', der));
}

/** Charon has verified it by whatever it had; here it counts by who signed it. */
function heldOf(
  der: Uint8Array,
  peers: readonly TrustedPeer[],
  now: Date,
): Omit<HeldCrl, 'octets'> | undefined {
  const reading = readCrl(der);
  if (reading.type !== 'crl') return undefined;
  const { crl } = reading;
  const { issuer, thisUpdate, nextUpdate, crlNumber } = crl;
  // What is of tomorrow would keep out what comes until then.
  if (thisUpdate.getTime() - now.getTime() > MAX_AHEAD_MS) return undefined;
  const candidates = peers
    .flatMap(({ trust }) => cas(trust))
    .filter(({ tbsCertificate }) => sameName(tbsCertificate.subject, issuer));
  const signers = { candidates: () => candidates, above: () => undefined };
  const signer = signersOf(crl, signers, modernOnly)?.find(maySignCrls);
  return (
    signer && {
      identity: crlIdentity(crl, signer),
      issuer: sourceOf(issuer) ?? toDer(Name, issuer),
      thisUpdate,
      ...(nextUpdate && { nextUpdate }),
      ...(crlNumber !== undefined && { crlNumber }),
      fetchedAt: now,
      der,
    }
  );
}
