import { oids } from '../asn1/oids.ts';
import { toHex } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { gate } from '../base/gate.ts';
import { digest } from '../crypto/digest.ts';
import type { Store } from '../store/store.ts';
import { validatePeer } from '../validation/check-peer.ts';
import type { ValidationContext, ValidationPolicy } from '../validation/contract.ts';
import { earlyCrls } from '../validation/early-crls.ts';
import { deadlineOf } from '../validation/time-limit.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { nameKey } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import { cas } from './ipsec-crls.ts';
import { ipsecPolicy } from './ipsec-policy.ts';
import type { TrustedPeer } from './ipsec-trust.ts';

/**
 * Has the CRLs at hand by which charon judges peers, before there is anybody to be judged: a charon that reaches nobody but
 * this machine lets nobody in for want of them, and then there never is a peer that names them.
 */
export interface CrlsAhead {
  /**
   * Fetch those that are named by the CAs below the anchors of some peers, and by other certificates of these CAs, as the
   * policy of each peer says: verified, held, and fetched again before they end. What was looked at a moment ago is not
   * looked at again. It takes no longer than a policy has for one peer.
   *
   * @param othersOf what else is known that some CAs, or one below them, have issued
   * @throws {CertError} STORE_…
   */
  fetch(
    peers: readonly TrustedPeer[],
    othersOf: (cas: readonly Certificate[]) => readonly Certificate[],
    signal: AbortSignal,
  ): Promise<AheadOutcome>;
}

/** What came of it. */
export interface AheadOutcome {
  /** Something was looked at. */
  readonly isAny: boolean;
  /** What could not be had, where a peer may be refused for that; without a period. */
  readonly missing: readonly string[];
}

/** What that stands on. */
export interface AheadContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly validation: ValidationContext;
}

/** How soon to look again at the earliest: places that fail have pauses of their own, and what is held its time. */
const AGAIN_MS = 30_000;

/** Certificates looked at at a time. */
const AT_ONCE = 8;

/** Places of the CRLs of a CA that are gone to: it has one, or one for each part of what it issues. */
const MAX_PLACES = 32;

/** A certificate that names a CRL, and as whom to fetch that. */
interface Wanted {
  readonly key: string;
  readonly certificate: Certificate;
  readonly policy: ValidationPolicy;
  /** Of peers. */
  readonly names: readonly string[];
}

/** Make it. */
export function crlsAhead({ store, clock, validation }: AheadContext): CrlsAhead {
  let lookedAt: ReadonlyMap<string, number> = new Map();
  const quiet: ValidationContext = {
    ...validation,
    crls: earlyCrls(validation.crls, store),
    // It is no peer: it counts for none, and nobody is told.
    tell(event) {
      if (event.type !== 'judged' && event.type !== 'peer-revoked') validation.tell(event);
    },
  };

  /** Those whose time has come. */
  const dueOf = (wanted: readonly Wanted[], now: number): readonly Wanted[] => {
    const due = wanted.filter(({ key }) => {
      const age = now - (lookedAt.get(key) ?? -Infinity);
      return age < 0 || age >= AGAIN_MS;
    });
    const before = lookedAt;
    lookedAt = new Map([
      ...wanted.map(({ key }) => [key, before.get(key) ?? now] as const),
      ...due.map(({ key }) => [key, now] as const),
    ]);
    return due;
  };

  return {
    async fetch(peers, othersOf, signal) {
      const now = clock.now();
      const wanted: Wanted[] = [];
      for (const group of Map.groupBy(peers, wordsOf).values()) {
        wanted.push(...(await wantedBy(store, group, othersOf, now)));
      }
      const due = dueOf(wanted, now.getTime());
      if (due.length === 0) return { isAny: false, missing: [] };
      const deadline = deadlineOf(signal, Math.max(...due.map(({ policy }) => policy.deadlineMs)));
      const few = gate(AT_ONCE);
      const fetchOne = async (one: Wanted): Promise<readonly string[]> => {
        const peer = { chain: [certificateDer(one.certificate)] };
        const verdict = await validatePeer(quiet, one.policy, peer, now, deadline.signal);
        return missingOf(one, verdict.revocation);
      };
      try {
        const missing = await Promise.all(due.map((one) => few.through(() => fetchOne(one))));
        return { isAny: true, missing: [...new Set(missing.flat())] };
      } finally {
        deadline.clear();
      }
    },
  };
}

/** By what a peer is judged. */
function wordsOf({ peer: { ca, policy, revocation, ocspObject, crls } }: TrustedPeer): string {
  return JSON.stringify([ca, policy, revocation, ocspObject, crls]);
}

/** List certificates that name what is wanted for peers that are judged by the same words. */
async function wantedBy(
  store: Store,
  group: readonly TrustedPeer[],
  othersOf: (cas: readonly Certificate[]) => readonly Certificate[],
  now: Date,
): Promise<readonly Wanted[]> {
  const [first] = group;
  const policy = first && (await fetchingPolicy(store, first));
  if (!first || !policy) return [];
  const { trust } = first;
  const names = group.map(({ peer }) => peer.name);
  return onePerPlace([...trust.intermediates, ...othersOf(cas(trust))], now).map((certificate) => ({
    key: `${wordsOf(first)} ${toHex(digest('sha256', certificateDer(certificate)))}`,
    certificate,
    policy,
    names,
  }));
}

/**
 * Make the policy of a peer one that asks CRLs alone: for OCSP charon comes to the agent. Deltas it does not know.
 *
 * @returns undefined where it has nothing fetched, or is set up wrong: of that the deployment complains
 */
async function fetchingPolicy(
  store: Store,
  { peer }: TrustedPeer,
): Promise<ValidationPolicy | undefined> {
  try {
    const { ocsp: _, purpose: _purpose, crls, ...policy } = await ipsecPolicy(store, peer);
    if (!crls.use || !crls.fromCertificates) return undefined;
    return { ...policy, crls: { ...crls, useDeltas: false } };
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    return undefined;
  }
}

/** Of those of one issuer that name the same places, one stands for all. */
function onePerPlace(certificates: readonly Certificate[], now: Date): readonly Certificate[] {
  const found = new Map<string, Certificate>();
  for (const certificate of certificates) {
    const { issuer, validity } = certificate.tbsCertificate;
    const places = placesOf(certificate);
    if (places === undefined || validity.notAfter.value < now) continue;
    const key = `${nameKey(issuer)} ${places}`;
    if (!found.has(key)) found.set(key, certificate);
  }
  const ofIssuers = Map.groupBy(found.values(), ({ tbsCertificate }) =>
    nameKey(tbsCertificate.issuer),
  );
  return [...ofIssuers.values()].flatMap((ofOne) => ofOne.slice(0, MAX_PLACES));
}

/** Tell apart what certificates say of the CRLs of their issuer, and of its key; undefined when they say nothing. */
function placesOf({ tbsCertificate: { extensions = [] } }: Certificate): string | undefined {
  const [points, key] = [oids.cRLDistributionPoints, oids.authorityKeyIdentifier].map((oid) =>
    extensions.find(({ extnID }) => extnID === oid),
  );
  return points && `${toHex(points.extnValue)} ${key ? toHex(key.extnValue) : ''}`;
}

/** Say which CRLs are not here, where a peer may be refused for that. */
function missingOf(
  { policy, names }: Wanted,
  revocation: Awaited<ReturnType<typeof validatePeer>>['revocation'],
): readonly string[] {
  if (policy.revocation === 'relaxed') return [];
  const [name = '', ...others] = names;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return revocation.flatMap(({ certificate, verdict, accepted }) => {
    if (accepted || verdict.type !== 'unavailable' || placesOf(certificate) === undefined)
      return [];
    const issuer = quoteName(certificate.tbsCertificate.issuer);
    return [
      `Cannot get the CRL of ${issuer} for IPsec peer "${name}"${more}: ${verdict.code}: ${verdict.detail}; charon may refuse the peer until it is there`,
    ];
  });
}
