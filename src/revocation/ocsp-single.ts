import { formatTime } from '../base/format-time.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import type { ResponseData, SingleResponse } from '../x509/ocsp-response.ts';
import { isCertIdOf } from './ocsp-cert-id.ts';
import type { OcspExpectation, OcspRules } from './ocsp-rules.ts';
import { moreTelling, unavailable, type Unavailable } from './verdict.ts';

/** RFC 6960 sections 4.4.2, 4.4.4 and 4.4.5: what tells more and changes nothing. */
const processed: ReadonlySet<Oid> = new Set([
  oids.ocspCrlReferences,
  oids.ocspArchiveCutoff,
  oids.reasonCode,
  oids.invalidityDate,
]);

/**
 * Choose the answer about a certificate: of several that can be used `revoked` wins, else the newest. Those about other
 * certificates play no part.
 */
export function chooseSingle(
  { responses }: ResponseData,
  { certificate, issuer }: OcspExpectation,
  rules: OcspRules,
  at: Date,
): SingleResponse | Unavailable {
  const ours = responses.filter(({ certID }) => isCertIdOf(certID, certificate, issuer));
  if (ours.length === 0) {
    return unavailable(
      'no-matching-response',
      `none of ${responses.length} answers is about this certificate`,
    );
  }
  let why: Unavailable | undefined;
  let chosen: SingleResponse | undefined;
  for (const single of ours) {
    const flaw = flawIn(single) ?? timeFlaw(single, rules, at);
    if (flaw) why = moreTelling(why, flaw);
    else if (!chosen || outweighs(single, chosen)) chosen = single;
  }
  return chosen ?? why ?? unavailable('no-matching-response', 'no answer can be used');
}

function outweighs(single: SingleResponse, chosen: SingleResponse): boolean {
  const isRevoked = single.certStatus.type === 'revoked';
  const wasRevoked = chosen.certStatus.type === 'revoked';
  return isRevoked === wasRevoked ? single.thisUpdate > chosen.thisUpdate : isRevoked;
}

function flawIn({ singleExtensions = [] }: SingleResponse): Unavailable | undefined {
  const unknown = singleExtensions.find(
    ({ critical, extnID }) => critical && !processed.has(extnID),
  );
  return (
    unknown &&
    unavailable(
      'unsupported-critical-extension',
      `the answer has critical extension "${oidName(unknown.extnID)}"`,
    )
  );
}

/** RFC 6960 section 3.2, 5 and 6, and what the settings ask beyond them. The skew is allowed once for each comparison. */
function timeFlaw(
  { thisUpdate, nextUpdate }: SingleResponse,
  { clockSkewSeconds, maxAgeSeconds, rejectMissingNextUpdate }: OcspRules,
  at: Date,
): Unavailable | undefined {
  const skewMs = clockSkewSeconds * 1000;
  // Whole seconds, as all times in here.
  const now = Math.floor(at.getTime() / 1000) * 1000;
  if (thisUpdate.getTime() > now + skewMs) {
    const detail = `thisUpdate is ${formatTime(thisUpdate)}, in the future`;
    return { ...unavailable('not-yet-valid', detail), thisUpdate };
  }
  if (nextUpdate && nextUpdate < thisUpdate) {
    return unavailable('malformed', 'nextUpdate is before thisUpdate');
  }
  if (nextUpdate && nextUpdate.getTime() < now - skewMs) {
    return unavailable('expired', `nextUpdate was ${formatTime(nextUpdate)}`);
  }
  if (!nextUpdate && rejectMissingNextUpdate) {
    return unavailable('no-next-update', 'there is no nextUpdate');
  }
  if (maxAgeSeconds >= 0 && now > thisUpdate.getTime() + maxAgeSeconds * 1000 + skewMs) {
    const age = Math.floor((now - thisUpdate.getTime()) / 1000);
    return unavailable('too-old', `it is ${age} seconds old, the limit is ${maxAgeSeconds}`);
  }
  return undefined;
}
