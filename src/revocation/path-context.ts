import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { rawOf } from '../asn1/codec.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { verifySignature } from '../crypto/signature.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { PathBudget } from './path-budget.ts';
import { readCertificate, type Reading } from './path-certificate.ts';
import { quote, quoteSubject, type Failure } from './path-failure.ts';

/** What a search has to do with, and what it has found out already: nothing is read or verified twice. */
export interface PathContext {
  readonly at: Date;
  readonly budget: PathBudget;
  read(certificate: Certificate): Reading;
  /**
   * Verify the signature of a certificate, unless that was done: at the cost of one of `spending`.
   *
   * @param spki of who is to have signed it, as decoded
   * @returns why it is not verified, if it is not
   */
  verify(
    certificate: Certificate,
    spki: SubjectPublicKeyInfo,
    spending?: 'signatureChecks' | 'diagnosticChecks',
  ): Failure | undefined;
}

/** Begin a search. */
export function openContext(at: Date, policy: AlgorithmPolicy, budget: PathBudget): PathContext {
  const readings = new Map<Certificate, Reading>();
  const verified = new Map<Certificate, Map<string, Failure | 'good'>>();
  return {
    at,
    budget,
    read(certificate) {
      const known = readings.get(certificate);
      if (known) return known;
      const reading = readCertificate(certificate);
      readings.set(certificate, reading);
      return reading;
    },
    verify(certificate, spki, spending = 'signatureChecks') {
      const ofCertificate = verified.get(certificate) ?? new Map<string, Failure | 'good'>();
      verified.set(certificate, ofCertificate);
      // By the key and not by who has it: an issuer may have been certified many times.
      const key = asBuffer(rawOf(spki)).toString('latin1');
      let outcome = ofCertificate.get(key);
      if (outcome === undefined) {
        if (!budget.spend(spending)) return exhausted('signatures to verify', certificate);
        outcome = verify(certificate, spki, policy);
        ofCertificate.set(key, outcome);
      }
      return outcome === 'good' ? undefined : outcome;
    },
  };
}

function verify(
  child: Certificate,
  spki: SubjectPublicKeyInfo,
  policy: AlgorithmPolicy,
): Failure | 'good' {
  const { tbsCertificate, signatureAlgorithm: algorithm, signature } = child;
  try {
    const data = rawOf(tbsCertificate);
    if (verifySignature({ spki, algorithm, data, signature, policy })) return 'good';
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    const detail = `the signature of ${quoteSubject(child)} is not accepted: ${error.message}`;
    return { reason: 'algorithm-refused', detail, certificate: child };
  }
  const detail = `the signature of ${quoteSubject(child)} is not by the key of ${quote(tbsCertificate.issuer)}`;
  return { reason: 'signature-invalid', detail, certificate: child };
}

/** Say that a search ends here, before it has found out everything. */
export function exhausted(what: string, certificate: Certificate): Failure {
  const detail = `more ${what} than the limit on the way from ${quoteSubject(certificate)} to a trust anchor`;
  return { reason: 'search-exhausted', detail, certificate };
}
