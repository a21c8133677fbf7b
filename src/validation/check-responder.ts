import { checkRevocationByCrls } from '../revocation/crl-status.ts';
import type { Crl } from '../revocation/crl.ts';
import { unavailable, type RevocationVerdict } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import type { OcspAnswer, ResolvedOcsp, ValidationPolicy } from './contract.ts';
import { findCrls, internalVerdict, whyNoCrl, type CrlQuestion } from './find-crls.ts';

/** Where an answer came up that was signed by a responder nobody was asked about. */
export interface ResponderQuestion extends CrlQuestion {
  readonly policy: ValidationPolicy;
  readonly anchor: Certificate;
}

/** What is left of an answer. */
export interface CheckedAnswer {
  readonly answer: OcspAnswer;
  /** Whoever signed it is revoked. */
  readonly isDisowned: boolean;
  /** What was looked at. */
  readonly crls: readonly Crl[];
}

/**
 * Ask CRLs whether the responder that signed an answer is revoked itself (RFC 6960 section 4.2.2.2.1), each time the
 * answer is used: a responder may be revoked long before what it said has ended. It is never asked by OCSP, which might
 * ask the responder about itself, and the signers of those CRLs are checked by CRLs, so that there is no way round. The
 * CRLs are those the policy lets be looked at, whether it has them looked at for the peer or not.
 */
export async function checkResponder(
  question: ResponderQuestion,
  answer: OcspAnswer,
  { rules }: ResolvedOcsp,
  deadline: AbortSignal,
): Promise<CheckedAnswer> {
  const { unchecked: responder, ...rest } = answer;
  if (!responder || !rules.checkResponder) return { answer: rest, isDisowned: false, crls: [] };
  const { status, crls } = await statusOf(question, responder, deadline);
  const who = quoteName(responder.tbsCertificate.subject);
  switch (status.type) {
    case 'good':
      return { answer: checked(rest), isDisowned: false, crls };
    case 'revoked': {
      const verdict = unavailable(
        'unauthorized-responder',
        `the certificate of the responder ${who} is revoked (${status.reason})`,
      );
      return { answer: instead(rest, verdict), isDisowned: true, crls };
    }
    case 'unknown':
    case 'unavailable': {
      if (rules.checkResponder === 'crl') return { answer: rest, isDisowned: false, crls };
      const { code, detail } = status.type === 'unavailable' ? status : noWord;
      const verdict = unavailable(code, `no word on the responder ${who} itself: ${detail}`);
      return { answer: instead(rest, verdict), isDisowned: false, crls };
    }
  }
}

const noWord = unavailable('no-source', 'no CRL tells of it');

async function statusOf(
  question: ResponderQuestion,
  responder: Certificate,
  deadline: AbortSignal,
): Promise<{ readonly status: RevocationVerdict; readonly crls: readonly Crl[] }> {
  const { signers, anchor, at, policy } = question;
  try {
    const above = signers.above(responder);
    if (!above) {
      const lost = unavailable('crl-issuer-untrusted', 'it is on no path to the anchor');
      return { status: lost, crls: [] };
    }
    const found = await findCrls(question, responder, above, deadline);
    const { crls } = found;
    if (crls.length === 0) return { status: whyNoCrl(found), crls };
    const { clockSkewSeconds, useDeltas } = policy.crls;
    const [status = noWord] = checkRevocationByCrls({
      path: [responder, ...above.slice(0, -1)],
      anchor,
      crls,
      signers,
      at,
      clockSkewSeconds,
      useDeltas,
      policy: policy.path.policy,
    });
    return { status, crls };
  } catch (error) {
    return { status: internalVerdict(error), crls: [] };
  }
}

/** The last source is the one that gave the word. */
function checked({ verdict, tried }: OcspAnswer): OcspAnswer {
  const last = tried.length - 1;
  return {
    verdict,
    tried: tried.map((one, i) =>
      i === last
        ? { ...one, notes: one.notes.filter((note) => note !== 'responder-not-checked') }
        : one,
    ),
  };
}

function instead({ tried }: OcspAnswer, verdict: RevocationVerdict): OcspAnswer {
  const last = tried.length - 1;
  return {
    verdict,
    tried: tried.map((one, i) => (i === last ? { ...one, verdict, notes: [] } : one)),
  };
}
