import { bytesEqual, toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import type { IkeCertificate } from '../deploy/ike-daemon.ts';
import { pathLimits } from '../revocation/path-inputs.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import { hasIkeIdentity } from './tunnel-identity.ts';

/** Certificates of one identity that are tried: a peer that renews daily has one more a day until its charon forgets. */
const MAX_CANDIDATES = 8;

/** A few kilobytes each: some megabytes for more peers than one charon has in a day. */
const MAX_SEEN = 2048;

interface ReadCertificate {
  readonly der: Uint8Array;
  readonly certificate: Certificate;
}

/**
 * What a charon has shown of the certificates of others. By itself it remembers those of the last ten peers or so: its cache
 * has 32 places, for whatever somebody has signed.
 */
export interface SeenCertificates {
  /** Take in what it lists now. */
  note(listed: readonly IkeCertificate[]): void;
  /**
   * Find with what an IKE_SA may have been authenticated: charon says the identity, and not which certificate.
   *
   * @param identity as charon writes it
   * @returns for each candidate its DER and that of those that may be above it: first what came last, and of those that
   *   came together what begins last; only if none is listed now, of those that were
   */
  chainsOf(identity: string): readonly (readonly Uint8Array[])[];
  /** It is another charon by now. */
  forget(): void;
}

interface Seen extends ReadCertificate {
  isListed: boolean;
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
        seen.set(key, { der, certificate, isListed: true, since: before?.since ?? lists });
      }
      for (const key of seen.keys()) {
        if (seen.size <= MAX_SEEN) break;
        seen.delete(key);
      }
    },
    chainsOf(identity) {
      const all = [...seen.values()];
      const its = all.filter(({ certificate }) => hasIkeIdentity(certificate, identity));
      const listed = its.filter(({ isListed }) => isListed);
      return (listed.length > 0 ? listed : its)
        .toSorted((one, other) => other.since - one.since || beginOf(other) - beginOf(one))
        .slice(0, MAX_CANDIDATES)
        .map((own) => [own.der, ...above(own, all)]);
    },
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

function beginOf({ certificate }: ReadCertificate): number {
  return certificate.tbsCertificate.validity.notBefore.value.getTime();
}

/** By names alone, nearest first: which of them have signed is for validation to find out. */
function above(own: ReadCertificate, all: readonly ReadCertificate[]): readonly Uint8Array[] {
  const found: ReadCertificate[] = [own];
  for (const below of found) {
    const { issuer } = below.certificate.tbsCertificate;
    for (const each of all) {
      if (found.length > pathLimits.offered) break;
      if (!sameName(each.certificate.tbsCertificate.subject, issuer)) continue;
      if (!found.some(({ der }) => bytesEqual(der, each.der))) found.push(each);
    }
  }
  return found.slice(1).map(({ der }) => der);
}
