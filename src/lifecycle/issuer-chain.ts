import { rawOf } from '../asn1/codec.ts';
import { isSignedBy as isSigned } from '../revocation/signed-by.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isNullDn, sameName } from '../x509/name.ts';

/** Certificates above a leaf: as many as a path may have (`pathLimits`), and the root. */
const MAX_CHAIN = 8;

/** Signatures checked for one chain; an honest file needs one or two at each level. */
const MAX_SIGNATURE_CHECKS = 64;

/** A chain put in order, and what does not belong to it. */
export interface IssuerChain {
  /** Issuers, nearest first; a self-signed one ends it. */
  readonly chain: readonly Certificate[];
  readonly others: readonly Certificate[];
}

/**
 * Put issuers in order by who signed whom. That a chain fits says nothing about whether to believe it.
 *
 * @param bundle in any order; the certificate itself and repetitions may be among them
 */
export function orderChain(certificate: Certificate, bundle: readonly Certificate[]): IssuerChain {
  const chain: Certificate[] = [];
  let checks = 0;
  let left = bundle.filter((each) => !isSame(each, certificate));
  let below = certificate;
  while (chain.length < MAX_CHAIN && !isSelfSigned(below)) {
    const current = below;
    const issuer = left.find(
      (each) =>
        mayHaveIssued(each, current) &&
        ++checks <= MAX_SIGNATURE_CHECKS &&
        isSignedBy(current, each),
    );
    if (!issuer) break;
    chain.push(issuer);
    left = left.filter((each) => !isSame(each, issuer));
    below = issuer;
  }
  return { chain, others: left };
}

/** Tell whether a certificate is signed with its own key; one that is only self-issued is not. */
export function isSelfSigned(certificate: Certificate): boolean {
  return mayHaveIssued(certificate, certificate) && isSignedBy(certificate, certificate);
}

function mayHaveIssued(issuer: Certificate, certificate: Certificate): boolean {
  const { subject } = issuer.tbsCertificate;
  return !isNullDn(subject) && sameName(subject, certificate.tbsCertificate.issuer);
}

function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const signed = { ...certificate, data: rawOf(certificate.tbsCertificate) };
  // What is old and weak is still the chain it is; whoever trusts it decides.
  return isSigned(signed, issuer, { allowLegacy: true });
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a === b || Buffer.compare(rawOf(a), rawOf(b)) === 0;
}
