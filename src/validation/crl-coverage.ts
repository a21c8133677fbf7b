import { CertError } from '../base/errors.ts';
import { bytesEqual } from '../base/bytes.ts';
import { scopeOctets, type Crl } from '../revocation/crl.ts';
import type { CrlTime } from '../revocation/crl-outcome.ts';
import { isOfIssuer, outsideScope, reasonMask } from '../revocation/crl-scope.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { nameKey } from '../x509/name.ts';

/** List by `nameKey` whose CRLs may tell of a certificate: its issuer's, and those its distribution points name. */
export function issuersFor(
  { tbsCertificate: { issuer } }: Certificate,
  points: readonly DistributionPoint[],
): ReadonlySet<string> {
  const named = points.flatMap(({ cRLIssuer = [] }) =>
    cRLIssuer.flatMap((name) => (name.type === 'directoryName' ? [nameKey(name.value)] : [])),
  );
  return new Set([nameKey(issuer), ...named]);
}

/** Tell whether a CRL is to be replaced by now; the second of nextUpdate itself still belongs to it. */
export function hasEnded({ nextUpdate }: Crl, { at, clockSkewSeconds }: CrlTime): boolean {
  const seconds = Math.floor(at.getTime() / 1000) - clockSkewSeconds;
  return nextUpdate === undefined || nextUpdate.getTime() < seconds * 1000;
}

/**
 * Tell whether a CRL makes it needless to go where a distribution point says: complete, in time, for all of its
 * reasons, and of the key that issued the certificate. Under another key the CA that speaks may be another.
 */
export function covers(
  crl: Crl,
  certificate: Certificate,
  point: DistributionPoint,
  time: CrlTime,
): boolean {
  try {
    if (crl.baseCrlNumber !== undefined || hasEnded(crl, time)) return false;
    if (!isOfIssuer(crl, certificate, point)) return false;
    if (outsideScope(crl, certificate, point) !== undefined) return false;
    const wanted = reasonMask(point.reasons);
    if ((reasonMask(crl.scope?.onlySomeReasons) & wanted) !== wanted) return false;
    const { extensions } = certificate.tbsCertificate;
    const key = extensionValue(extensions, 'authorityKeyIdentifier')?.keyIdentifier;
    return !key || !crl.keyIdentifier || bytesEqual(key, crl.keyIdentifier);
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return false;
    throw error;
  }
}

/** Tell whether a delta for a complete CRL is at hand that is in time. */
export function hasDelta(complete: Crl, all: readonly Crl[], time: CrlTime): boolean {
  const key = nameKey(complete.issuer);
  const scope = scopeOctets(complete.list);
  return all.some(
    (crl) =>
      crl.baseCrlNumber !== undefined &&
      !hasEnded(crl, time) &&
      nameKey(crl.issuer) === key &&
      bytesEqual(scopeOctets(crl.list), scope),
  );
}

/** Tell apart the points of a certificate that deltas are at: FreshestCRL. One that cannot be read has none. */
export function deltaUrls({ tbsCertificate: { extensions } }: Certificate): ReadonlySet<string> {
  try {
    return new Set((extensionValue(extensions, 'freshestCRL') ?? []).flatMap(urlsOf));
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return new Set();
    throw error;
  }
}

/** List the URLs of a distribution point. */
export function urlsOf({ distributionPoint }: DistributionPoint): readonly string[] {
  if (distributionPoint?.type !== 'fullName') return [];
  return distributionPoint.value.flatMap((name) =>
    name.type === 'uniformResourceIdentifier' ? [name.value] : [],
  );
}
