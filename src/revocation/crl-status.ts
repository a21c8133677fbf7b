import { bytesEqual, toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';
import { quoteName } from '../x509/name-text.ts';
import { isNewer, scopeOctets, type Crl } from './crl.ts';
import { outcomeOf, type CrlTime } from './crl-outcome.ts';
import {
  allReasons,
  isOfIssuer,
  missingReasons,
  outsideScope,
  pointsOf,
  reasonMask,
} from './crl-scope.ts';
import type { CrlSigners } from './crl-signer.ts';
import { trustCrl, type StatusOf, type TrustedCrl } from './crl-trust.ts';
import {
  moreTelling,
  unavailable,
  type Good,
  type RevocationVerdict,
  type Unavailable,
} from './verdict.ts';

/** A path that was found, and the CRLs there are to check it by. */
export interface CrlQuery extends CrlTime {
  /** From the certificate itself to the last one below the anchor. */
  readonly path: readonly Certificate[];
  readonly anchor: Certificate;
  /** Whatever is at hand, of any issuer, complete or delta. */
  readonly crls: readonly Crl[];
  readonly signers: CrlSigners;
  readonly policy: AlgorithmPolicy;
  /** Combine complete CRLs with the deltas that are there. */
  readonly useDeltas: boolean;
}

/**
 * CRLs looked at for one path, over all certificates and signers. A certificate has one or two; hundreds are made to
 * keep us busy.
 */
const MAX_LOOKS = 2000;

/**
 * Say of each certificate of a path what the CRLs tell (RFC 5280 section 6.3.3, with section 5.2.4 for deltas), one after
 * the other from the certificate itself. Whatever the CRLs are, this does not throw.
 */
export function checkRevocationByCrls(query: CrlQuery): readonly RevocationVerdict[] {
  const search: Search = { query, looksLeft: MAX_LOOKS };
  return query.path.map((certificate, i) =>
    statusOf(search, certificate, [...query.path.slice(i + 1), query.anchor], []),
  );
}

interface Search {
  readonly query: CrlQuery;
  looksLeft: number;
}

/**
 * @param above certificates from the issuer up to the anchor
 * @param pending whose status is being asked for, that of a CRL's signer last
 */
function statusOf(
  search: Search,
  certificate: Certificate,
  above: readonly Certificate[],
  pending: readonly Certificate[],
): RevocationVerdict {
  try {
    const asked = [...pending, certificate];
    const { signers, policy } = search.query;
    const status: StatusOf = (other, aboveOther) => statusOf(search, other, aboveOther, asked);
    return gather(search, certificate, (crl) =>
      trustCrl(crl, { asked, above, signers, policy, status }),
    );
  } catch (error) {
    // Of the certificate: a distribution point, or basicConstraints, that does not decode.
    if (error instanceof CertError && error.code !== 'INTERNAL') {
      return unavailable('malformed', error.message);
    }
    throw error;
  }
}

function gather(
  search: Search,
  certificate: Certificate,
  judge: (crl: Crl) => TrustedCrl | Unavailable,
): RevocationVerdict {
  const { query } = search;
  const judged = new Map<Crl, TrustedCrl | Unavailable>();
  const trustedOr = (crl: Crl): TrustedCrl | Unavailable => {
    const known = judged.get(crl) ?? judge(crl);
    judged.set(crl, known);
    return known;
  };
  let covered = 0;
  let good: Good | undefined;
  let worst: Unavailable | undefined;
  for (const point of pointsOf(certificate)) {
    const trusted: TrustedCrl[] = [];
    for (const crl of query.crls) {
      if (!isOfIssuer(crl, certificate, point)) continue;
      if (search.looksLeft-- <= 0) return unavailable('internal', 'more CRLs than the limit');
      const outside = outsideScope(crl, certificate, point);
      const found = outside === undefined ? trustedOr(crl) : unavailable('wrong-scope', outside);
      if (found.type === 'trusted') trusted.push(found);
      else worst = moreTelling(worst, found);
    }
    for (const complete of newestOfEach(trusted, query)) {
      const deltas = query.useDeltas ? deltasOf(complete, trusted) : [];
      const outcome = outcomeOf(complete.crl, deltas, certificate, query);
      // One is enough, whatever the others say.
      if (outcome.type === 'revoked') return outcome;
      if (outcome.type === 'good') {
        covered |= coverOf(complete.crl, point);
        good = good ? shorter(good, outcome) : outcome;
      } else if (outcome.type === 'unavailable') {
        worst = moreTelling(worst, outcome);
      }
    }
  }
  if (good && covered === allReasons) return good;
  if (good) {
    const missing = missingReasons(covered);
    const incomplete = unavailable('reasons-incomplete', `no CRL tells of ${missing}`);
    return moreTelling(worst, incomplete);
  }
  const { issuer } = certificate.tbsCertificate;
  return worst ?? unavailable('no-source', `there is no CRL of ${quoteName(issuer)}`);
}

function coverOf({ scope }: Crl, { reasons }: DistributionPoint): number {
  return reasonMask(scope?.onlySomeReasons) & reasonMask(reasons);
}

/** Of complete CRLs by one key for one part, the newest counts alone, unless it is of the future. */
function newestOfEach(trusted: readonly TrustedCrl[], time: CrlTime): readonly TrustedCrl[] {
  const newest = new Map<string, TrustedCrl>();
  const latest = time.at.getTime() + time.clockSkewSeconds * 1000;
  for (const one of trusted) {
    if (one.crl.baseCrlNumber !== undefined) continue;
    const key = rowOf(one);
    const held = newest.get(key);
    const isFuture = one.crl.thisUpdate.getTime() > latest;
    const isHeldFuture = held !== undefined && held.crl.thisUpdate.getTime() > latest;
    if (!held || (!isFuture && (isHeldFuture || isNewer(one.crl, held.crl)))) newest.set(key, one);
  }
  return [...newest.values()];
}

function rowOf({ crl, signer }: TrustedCrl): string {
  const { subjectPublicKey } = signer.tbsCertificate.subjectPublicKeyInfo;
  return `${toHex(subjectPublicKey)} ${toHex(scopeOctets(crl.list))}`;
}

/** RFC 5280 section 5.2.4 (d): deltas by the same key. Whether their numbers fit is seen where they are used. */
function deltasOf({ signer, crl }: TrustedCrl, trusted: readonly TrustedCrl[]): readonly Crl[] {
  const key = signer.tbsCertificate.subjectPublicKeyInfo.subjectPublicKey;
  return trusted
    .filter(
      ({ crl: other, signer: by }) =>
        other.baseCrlNumber !== undefined &&
        bytesEqual(by.tbsCertificate.subjectPublicKeyInfo.subjectPublicKey, key) &&
        bytesEqual(scopeOctets(other.list), scopeOctets(crl.list)),
    )
    .map(({ crl: delta }) => delta);
}

/** What holds by several CRLs holds no longer than the one that ends first. */
function shorter(a: Good, b: Good): Good {
  return (b.nextUpdate?.getTime() ?? Infinity) < (a.nextUpdate?.getTime() ?? Infinity) ? b : a;
}
