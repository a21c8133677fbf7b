import { CertError } from '../base/errors.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import {
  decodeBasicOcspResponse,
  decodeOcspResponse,
  type BasicOCSPResponse,
  type ResponseData,
  type RevokedInfo,
} from '../x509/ocsp-response.ts';
import { nonceFlaw } from './ocsp-nonce.ts';
import { findResponder } from './ocsp-responder.ts';
import type { OcspExpectation, OcspNote, OcspRules, OcspVerdict } from './ocsp-rules.ts';
import { chooseSingle } from './ocsp-single.ts';
import { unavailable, type Unavailable } from './verdict.ts';

/** RFC 6960 sections 4.4.1 and 4.4.8. */
const processed: ReadonlySet<Oid> = new Set([oids.ocspNonce, oids.ocspExtendedRevoke]);

/**
 * Verify an OCSP response and say what it tells of a certificate (RFC 6960 section 3.2). The order is fixed: form, status,
 * type and extensions, responder and signature, which certificate, times, nonce; only then what it says. Whatever the
 * octets are, this does not throw.
 *
 * @param octets body of the HTTP response, or what a peer stapled
 */
export function verifyOcspResponse(
  octets: Uint8Array,
  expectation: OcspExpectation,
  rules: OcspRules,
  at: Date,
): OcspVerdict {
  try {
    const { maxResponseOctets } = rules;
    if (octets.length > maxResponseOctets) {
      return unavailable('too-large', `${octets.length} octets, ${maxResponseOctets} at the most`);
    }
    const basic = openResponse(octets);
    return 'type' in basic ? basic : judge(basic, expectation, rules, at);
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') {
      return unavailable('malformed', error.message);
    }
    throw error;
  }
}

function openResponse(octets: Uint8Array): BasicOCSPResponse | Unavailable {
  const { responseStatus, responseBytes } = decodeOcspResponse(octets);
  if (responseStatus !== 'successful') {
    // `unauthorized` is what a responder says that has no record (RFC 5019 section 2.2.3): not `unknown`.
    return unavailable(
      `responder-error(${responseStatus})`,
      `the responder answered "${responseStatus}"`,
    );
  }
  if (!responseBytes) return unavailable('malformed', 'the response has no responseBytes');
  if (responseBytes.responseType !== oids.ocspBasic) {
    const type = oidName(responseBytes.responseType);
    return unavailable('malformed', `the response is of type "${type}", not a basic one`);
  }
  return decodeBasicOcspResponse(responseBytes.response);
}

function judge(
  basic: BasicOCSPResponse,
  expectation: OcspExpectation,
  rules: OcspRules,
  at: Date,
): OcspVerdict {
  const { tbsResponseData: data } = basic;
  const flaw = flawIn(data);
  if (flaw) return flaw;
  const responder = findResponder(basic, expectation.issuer, rules, at);
  if (responder.type === 'unavailable') return responder;
  const single = chooseSingle(data, expectation, rules, at);
  if ('type' in single) return single;
  const untimely =
    producedOutside(data, responder.certificate, rules) ??
    nonceFlaw(data.responseExtensions, rules.nonce, expectation.origin);
  if (untimely) return untimely;
  const { certStatus, thisUpdate, nextUpdate } = single;
  const hasNoBound = !nextUpdate && rules.maxAgeSeconds < 0;
  const notes: OcspNote[] = [...responder.notes, ...(hasNoBound ? ['no-age-bound' as const] : [])];
  const verified = {
    thisUpdate,
    ...(nextUpdate && { nextUpdate }),
    producedAt: data.producedAt,
    responder: responder.certificate,
    notes,
  };
  if (certStatus.type !== 'revoked') return { type: certStatus.type, ...verified };
  const { revocationTime, revocationReason: reason = 'unspecified' } = certStatus.value;
  const isNeverIssued = isForNeverIssued(certStatus.value, data);
  return { type: 'revoked', ...verified, revocationDate: revocationTime, reason, isNeverIssued };
}

function flawIn({ version, responseExtensions = [] }: ResponseData): Unavailable | undefined {
  if (version !== 0) return unavailable('malformed', `the response is of version ${version + 1}`);
  const unknown = responseExtensions.find(
    ({ critical, extnID }) => critical && !processed.has(extnID),
  );
  if (unknown) {
    const name = oidName(unknown.extnID);
    return unavailable(
      'unsupported-critical-extension',
      `the response has critical extension "${name}"`,
    );
  }
  const seen = new Set(responseExtensions.map(({ extnID }) => extnID));
  return seen.size < responseExtensions.length
    ? unavailable('malformed', 'the response has an extension twice')
    : undefined;
}

/** Nobody may answer before or after the time of the own certificate. */
function producedOutside(
  { producedAt }: ResponseData,
  { tbsCertificate }: Certificate,
  { clockSkewSeconds }: OcspRules,
): Unavailable | undefined {
  const { notBefore, notAfter } = tbsCertificate.validity;
  const skewMs = clockSkewSeconds * 1000;
  const isInside =
    producedAt.getTime() >= notBefore.value.getTime() - skewMs &&
    producedAt.getTime() <= notAfter.value.getTime() + skewMs;
  return isInside
    ? undefined
    : unavailable(
        'unauthorized-responder',
        'it was produced outside of the time of the certificate of its responder',
      );
}

/** RFC 6960 section 2.2: certificateHold since 1 January 1970, from a responder that says it does so. */
function isForNeverIssued(
  { revocationTime, revocationReason }: RevokedInfo,
  { responseExtensions = [] }: ResponseData,
): boolean {
  return (
    revocationReason === 'certificateHold' &&
    revocationTime.getTime() === 0 &&
    responseExtensions.some(({ extnID }) => extnID === oids.ocspExtendedRevoke)
  );
}
