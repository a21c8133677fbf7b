import type { Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import type { CrlSigners } from './crl-signer.ts';
import type { PathContext } from './path-context.ts';
import type { PathInputs } from './path-inputs.ts';
import { beginValidation, validateWithin, type PathVerdict } from './validate-path.ts';

/**
 * Look for the signers of CRLs among the certificates a path was looked for in: their own paths lead to the same
 * anchor, by the same inputs and within what is left of the same budget. What policies the path of an end entity is
 * valid for says nothing about who may sign CRLs.
 *
 * What is configured is judged first and without what the peer sent along, and has a budget of its own where the peer has
 * used up the other: nobody hides a revocation by keeping us busy.
 */
export function signersBelow(
  anchor: Certificate,
  context: PathContext,
  { intermediates, offered = [], at, policy, limits = {} }: Omit<PathInputs, 'certificate'>,
): CrlSigners {
  const configured = [anchor, ...intermediates];
  const pool = [...configured, ...offered];
  const verdicts = new Map<Certificate, PathVerdict>();
  let own: PathContext | undefined;
  const judgeAnew = (certificate: Certificate): PathVerdict => {
    const alone = { certificate, intermediates, anchors: [anchor], at, policy, limits };
    if (configured.includes(certificate)) {
      let verdict = validateWithin(context, alone);
      if (isExhausted(verdict)) {
        own ??= beginValidation(alone);
        verdict = validateWithin(own, alone);
      }
      if (verdict.type === 'valid') return verdict;
    }
    return validateWithin(context, { ...alone, offered });
  };
  const judge = (certificate: Certificate): PathVerdict => {
    const known = verdicts.get(certificate);
    if (known) return known;
    const verdict = judgeAnew(certificate);
    verdicts.set(certificate, verdict);
    return verdict;
  };
  return {
    candidates: (subject) =>
      pool.filter(({ tbsCertificate }) => sameName(tbsCertificate.subject, subject)),
    above(certificate) {
      const verdict = judge(certificate);
      if (verdict.type === 'invalid') return undefined;
      const { path } = verdict;
      return path.length === 0 ? [] : [...path.slice(1), anchor];
    },
    keyOf(certificate) {
      const verdict = judge(certificate);
      return verdict.type === 'valid'
        ? verdict.workingPublicKey
        : certificate.tbsCertificate.subjectPublicKeyInfo;
    },
  };
}

function isExhausted(verdict: PathVerdict): boolean {
  return (
    verdict.type === 'invalid' &&
    verdict.reasons.some(({ reason }) => reason === 'search-exhausted')
  );
}
