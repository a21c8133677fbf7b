import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { IkeCertificate } from '../deploy/ike-daemon.ts';
import { pathLimits } from '../revocation/path-inputs.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import { hasIkeIdentity } from './tunnel-identity.ts';

/** Certificates of one identity that are tried: a peer that renews daily has one more a day until its charon forgets. */
const MAX_CANDIDATES = 8;

/** A certificate of charon, read. */
export interface ReadCertificate {
  readonly der: Uint8Array;
  readonly certificate: Certificate;
}

/** Read those of others; what cannot be read is none that charon has let anybody in with. */
export function readCertificates(all: readonly IkeCertificate[]): readonly ReadCertificate[] {
  return all.flatMap(({ der, hasPrivateKey }) => {
    if (hasPrivateKey) return [];
    try {
      return [{ der, certificate: decodeCertificate(der) }];
    } catch (error) {
      if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
      return [];
    }
  });
}

/**
 * Find with what an IKE_SA may have been authenticated: charon says the identity, and not which certificate.
 *
 * @param identity as charon writes it
 * @returns for each candidate its DER and that of those that may be above it, the newest first
 */
export function chainsOf(
  identity: string,
  all: readonly ReadCertificate[],
): readonly (readonly Uint8Array[])[] {
  return all
    .filter(({ certificate }) => hasIkeIdentity(certificate, identity))
    .toSorted((a, b) => beginOf(b) - beginOf(a))
    .slice(0, MAX_CANDIDATES)
    .map((own) => [own.der, ...above(own, all)]);
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
