import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import type { IkeCertificate } from '../deploy/ike-daemon.ts';
import { issuedBy } from '../revocation/ocsp-chain.ts';
import { pathLimits } from '../revocation/path-inputs.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import { hasIkeIdentity } from './tunnel-identity.ts';

/** Certificates of one identity that are tried: a peer that renews daily has one more a day until its charon forgets. */
const MAX_CANDIDATES = 8;

/** A few kilobytes each: some megabytes for more peers than one charon has in a day. */
const MAX_SEEN = 2048;

/** Of those that no CA has issued that counts: charon shows so many by itself, and each is looked at for each peer. */
const MAX_STRANGE = 256;

/** CAs between an anchor and a peer that are followed: more than any policy lets pass. */
const MAX_LEVELS = 16;

/** With what an IKE_SA may have been authenticated. */
export interface FoundChains {
  /**
   * For each candidate its DER and that of those above it: first what came last, and of those that came together what
   * begins last; only if none is listed now, of those that were.
   */
  readonly chains: readonly (readonly Uint8Array[])[];
  /** There are others of that identity, which no CA has issued that counts. */
  readonly isStrange: boolean;
}

/**
 * What a charon has shown of the certificates of others. By itself it remembers those of the last ten peers or so: its cache
 * has 32 places, for whatever somebody has signed.
 */
export interface SeenCertificates {
  /** Take in what it lists now. */
  note(listed: readonly IkeCertificate[]): void;
  /**
   * Find with what an IKE_SA may have been authenticated: charon says the identity, and not which certificate. It lists
   * what anybody has sent it, also whoever could not prove to have the key, and whose CA nobody believes. So those alone
   * count that a CA has really signed by which the peer is judged, or one below it.
   *
   * @param identity as charon writes it
   * @param cas by which the peer is judged
   * @param since when it was set up: charon looks at the time itself, so that what had ended by then, and anybody may
   *   show, counts only where there is nothing else
   */
  chainsOf(identity: string, cas: readonly Certificate[], since: Date): FoundChains;
  /** List what these CAs have really issued, or CAs below them. */
  issuedBelow(cas: readonly Certificate[]): readonly Certificate[];
  /** It is another charon by now. */
  forget(): void;
}

interface Seen {
  readonly der: Uint8Array;
  readonly certificate: Certificate;
  isListed: boolean;
  /** It is of a CA that counted for somebody. */
  isProven: boolean;
  /** Number of the list in which it came first. */
  readonly since: number;
}

/** Make it, with nothing in it. */
export function seenCertificates(): SeenCertificates {
  const seen = new Map<string, Seen>();
  let lists = 0;
  return {
    note(listed) {
      lists++;
      for (const each of seen.values()) each.isListed = false;
      for (const { der, hasPrivateKey } of listed) {
        if (hasPrivateKey) continue;
        const key = toHex(digest('sha256', der));
        const before = seen.get(key);
        const certificate = before?.certificate ?? readOrNone(der);
        if (certificate === undefined) continue;
        // The last that was listed is the last to be forgotten.
        seen.delete(key);
        const since = before?.since ?? lists;
        const isProven = before?.isProven ?? false;
        seen.set(key, { der, certificate, isListed: true, isProven, since });
      }
      // Whoever sends thousands that he has made himself takes the place of none of ours.
      const strange = [...seen].filter(([, each]) => !each.isProven && !each.isListed);
      for (const [key] of strange.slice(0, -MAX_STRANGE)) seen.delete(key);
      for (const key of seen.keys()) {
        if (seen.size <= MAX_SEEN) break;
        seen.delete(key);
      }
    },
    chainsOf(identity, cas, since) {
      const all = [...seen.values()];
      const its = all.filter(({ certificate }) => hasIkeIdentity(certificate, identity));
      if (its.length === 0) return { chains: [], isStrange: false };
      const proven = below(cas, all);
      for (const each of proven) each.isProven = true;
      const found = its.filter((each) => proven.has(each));
      const current = found.filter((each) => endOf(each) >= since);
      const possible = current.length > 0 ? current : found;
      const listed = possible.filter(({ isListed }) => isListed);
      const chains = (listed.length > 0 ? listed : possible)
        .toSorted((one, other) => other.since - one.since || beginOf(other) - beginOf(one))
        .slice(0, MAX_CANDIDATES)
        .map((own) => [own.der, ...above(own, proven)]);
      return { chains, isStrange: found.length < its.length };
    },
    issuedBelow: (cas) => [...below(cas, [...seen.values()])].map(({ certificate }) => certificate),
    forget: () => seen.clear(),
  };
}

/** What cannot be read is none that charon has let anybody in with. */
function readOrNone(der: Uint8Array): Certificate | undefined {
  try {
    return decodeCertificate(der);
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return undefined;
  }
}

function beginOf({ certificate }: Seen): number {
  return certificate.tbsCertificate.validity.notBefore.value.getTime();
}

function endOf({ certificate }: Seen): Date {
  return certificate.tbsCertificate.validity.notAfter.value;
}

/** From the top, so that nothing is ever tried by a key that a stranger has made: he may send many of one name. */
function below(cas: readonly Certificate[], all: readonly Seen[]): ReadonlySet<Seen> {
  const proven = new Set<Seen>();
  let issuers = cas;
  for (let level = 0; level < MAX_LEVELS && issuers.length > 0; level++) {
    const next = all.filter(
      (each) =>
        !proven.has(each) &&
        issuers.some((issuer) => issuedBy(each.certificate, issuer, { policy, left: 1 })),
    );
    for (const each of next) proven.add(each);
    issuers = next.map(({ certificate }) => certificate);
  }
  return proven;
}

/** Only whose it is counts: whether such an algorithm is good enough is for validation to say. */
const policy: AlgorithmPolicy = { allowLegacy: true };

/** By names alone, nearest first: which of them have signed is for validation to find out. */
function above(own: Seen, proven: ReadonlySet<Seen>): readonly Uint8Array[] {
  const found: Seen[] = [own];
  for (const each of found) {
    const { issuer } = each.certificate.tbsCertificate;
    for (const other of proven) {
      if (found.length > pathLimits.offered) break;
      if (!sameName(other.certificate.tbsCertificate.subject, issuer)) continue;
      if (!found.includes(other)) found.push(other);
    }
  }
  return found.slice(1).map(({ der }) => der);
}
