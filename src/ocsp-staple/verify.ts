import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { modernOnly } from '../crypto/policy.ts';
import type { OcspRules } from '../revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../revocation/ocsp-verify.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Offered } from './decide.ts';
import { shownUntil } from './timing.ts';

/** Clocks of responders are ahead by so much; a response from further ahead is refused by clients, too. */
const AHEAD_SECONDS = 60;

/** With a chain of eight it is less than a quarter of this; a server sends it in each handshake. */
const MAX_RESPONSE_OCTETS = 65_536;

/** Of which certificate a response is to speak. */
export interface StapleSubject {
  readonly certificate: Certificate;
  /** Who signed it. */
  readonly issuer: Certificate;
}

/** How a response came. */
export interface Came {
  readonly url: string;
  readonly etag?: string;
  readonly freshUntil?: Date;
}

/**
 * Verify a response as the strictest client will: signed by the issuer itself or by one it has named for that (RFC 6960
 * section 4.2.2.2, cases 2 and 3; whom only we trust, no client does), over the octets as they came, of the certificate in
 * question, and of now. No nonce was sent. Whatever the octets are, this does not throw.
 */
export function verifyStaple(
  octets: Uint8Array,
  subject: StapleSubject,
  came: Came,
  now: Date,
  algorithms: AlgorithmPolicy = modernOnly,
): Offered {
  const rules: OcspRules = {
    responders: { type: 'issuer' },
    policy: algorithms,
    nonce: 'off',
    maxResponseOctets: MAX_RESPONSE_OCTETS,
    maxAgeSeconds: -1,
    // What has ended is refused below, to the second.
    clockSkewSeconds: AHEAD_SECONDS,
    rejectMissingNextUpdate: false,
  };
  const verdict = verifyOcspResponse(octets, { ...subject, origin: { type: 'query' } }, rules, now);
  switch (verdict.type) {
    case 'unavailable':
      return { type: 'nothing', code: verdict.code, detail: verdict.detail };
    case 'unknown':
      return { type: 'unknown' };
    case 'revoked': {
      const { revocationDate: at, reason, thisUpdate } = verdict;
      return { type: 'revoked', at, reason, thisUpdate };
    }
    case 'good': {
      const { thisUpdate, nextUpdate, producedAt, responder } = verdict;
      const period = { thisUpdate, ...(nextUpdate && { nextUpdate }) };
      const certificateEnds = endOf(subject.certificate);
      const until = shownUntil(
        { ...period, certificateEnds, responderEnds: endOf(responder) },
        now,
      );
      // The octets that were verified are those that are shown.
      const staple = { der: octets.slice(), ...period, producedAt, until, fetchedAt: now, ...came };
      return { type: 'good', staple };
    }
  }
}

/** From its last second on. */
function endOf({ tbsCertificate: { validity } }: Certificate): Date {
  return validity.notAfter.value;
}
