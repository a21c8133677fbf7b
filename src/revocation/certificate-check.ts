import { bytesEqual } from '../base/bytes.ts';
import { toDer } from '../asn1/codec.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { failure, type Failure } from './path-failure.ts';
import { isBeforeVersion3, type PathCertificate } from './path-certificate.ts';

/**
 * Check what a certificate that is not the last of a path must be by itself: RFC 5280 sections 4.1.1.2, 6.1.3 (a) (2),
 * 6.1.4 (k) and (n).
 */
export function checkIssuer(issuer: PathCertificate, at: Date): Failure | undefined {
  return (
    checkAlgorithm(issuer.certificate) ??
    checkValidity(issuer.certificate, at) ??
    checkIsCa(issuer) ??
    checkMaySign(issuer)
  );
}

/**
 * Check that an anchor may vouch for those below it. RFC 5280 section 6.1.1 (d) takes nothing but name
 * and key from an anchor; section 6.2 permits more, and gateways expect more: an anchor outside of its
 * validity is refused, and what its own basicConstraints, keyUsage and nameConstraints say is obeyed. A root of
 * version 1 says nothing, and that it was configured as an anchor is what makes it a CA. How it is signed plays
 * no part, nor do its policies.
 */
export function checkAnchor(anchor: PathCertificate, at: Date): Failure | undefined {
  const invalid = checkValidity(anchor.certificate, at, 'anchor-');
  if (invalid) return invalid;
  if (isBeforeVersion3(anchor.certificate)) return undefined;
  return checkIsCa(anchor) ?? checkMaySign(anchor);
}

/** RFC 5280 section 4.1.1.2: the algorithm inside and outside is the same. */
export function checkAlgorithm(certificate: Certificate): Failure | undefined {
  // Exactly, not by `sameAlgorithm`: the outer one is not signed, and could be changed at will.
  const inner = toDer(AlgorithmIdentifier, certificate.tbsCertificate.signature);
  if (bytesEqual(inner, toDer(AlgorithmIdentifier, certificate.signatureAlgorithm))) {
    return undefined;
  }
  const what = 'names another signature algorithm inside than outside';
  return failure(certificate, 'algorithm-mismatch', what);
}

/** RFC 5280 section 6.1.3 (a) (2): the validity period includes the time, both ends in it. */
export function checkValidity(
  certificate: Certificate,
  at: Date,
  whose: 'anchor-' | '' = '',
): Failure | undefined {
  const { notBefore, notAfter } = certificate.tbsCertificate.validity;
  // Both ends belong to the period (RFC 5280 section 4.1.2.5), and they are whole seconds.
  const seconds = Math.floor(at.getTime() / 1000);
  if (seconds * 1000 > notAfter.value.getTime()) {
    return failure(certificate, `${whose}expired`, `expired at ${instant(notAfter.value)}`);
  }
  // Not `<`: against a date that is none, everything is not yet valid.
  if (!(seconds * 1000 >= notBefore.value.getTime())) {
    const what = `is valid from ${instant(notBefore.value)}`;
    return failure(certificate, `${whose}not-yet-valid`, what);
  }
  return undefined;
}

/** RFC 5280 section 6.1.4 (k): basicConstraints is present with cA, in a certificate of version 3. */
export function checkIsCa({ certificate, basicConstraints }: PathCertificate): Failure | undefined {
  if (isBeforeVersion3(certificate)) {
    return failure(certificate, 'not-a-ca', 'is no CA: only version 3 can say that it is one');
  }
  if (basicConstraints?.cA === true) return undefined;
  return failure(certificate, 'not-a-ca', 'is no CA: basicConstraints does not say so');
}

/** RFC 5280 section 6.1.4 (n): a keyUsage that is there has keyCertSign. */
export function checkMaySign({ certificate, keyUsage }: PathCertificate): Failure | undefined {
  if (!keyUsage || keyUsage.includes('keyCertSign')) return undefined;
  const what = 'may not sign certificates: keyUsage has no keyCertSign';
  return failure(certificate, 'key-usage', what);
}

function instant(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
