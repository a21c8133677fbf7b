import type { Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import type { CrlSigners } from './crl-signer.ts';
import type { PathContext } from './path-context.ts';
import type { PathInputs } from './path-inputs.ts';
import { validateWithin, type PathVerdict } from './validate-path.ts';

/**
 * Look for the signers of CRLs among the certificates a path was looked for in: their own paths lead to the same
 * anchor, by the same inputs and within what is left of the same budget. What policies the path of an end entity is
 * valid for says nothing about who may sign CRLs.
 */
export function signersBelow(
  anchor: Certificate,
  context: PathContext,
  { intermediates, offered = [], at, policy, limits = {} }: Omit<PathInputs, 'certificate'>,
): CrlSigners {
  const pool = [anchor, ...offered, ...intermediates];
  const verdicts = new Map<Certificate, PathVerdict>();
  const judge = (certificate: Certificate): PathVerdict => {
    const known = verdicts.get(certificate);
    if (known) return known;
    const inputs = { certificate, intermediates, offered, anchors: [anchor], at, policy, limits };
    const verdict = validateWithin(context, inputs);
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
