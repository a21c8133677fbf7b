import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { isNullDn } from '../x509/name.ts';
import { quoteSubject, type Failure, type PathFailure } from './path-failure.ts';

/** The extensions whose meaning is obeyed; anything else that is critical is refused. */
const processed = ['basicConstraints', 'keyUsage', 'extKeyUsage', 'subjectAltName'] as const;
const processedOids: ReadonlySet<Oid> = new Set(processed.map((name) => oids[name]));

/**
 * What a CA may limit those below it by, and nothing here obeys: RFC 5280 section 6.1.4 processes these
 * whether they are critical or not, so a path through such a CA is refused.
 */
const constraining = [
  'nameConstraints',
  'policyConstraints',
  'policyMappings',
  'inhibitAnyPolicy',
] as const;

// RFC 5280 section 4.1.2.1: v2 and v3 are written as 1 and 2.
const v2 = 1;
const v3 = 2;

/**
 * Check what must hold for every certificate of a path, wherever it stands: RFC 5280 section 4.1.2, 6.1.3
 * (a) (2), 6.1.4 (o), 6.1.5 (b) and (f).
 *
 * What extKeyUsage and subjectAltName mean is the business of whoever asked for the path; that they can
 * be read is checked here.
 */
export function checkCertificate(certificate: Certificate, at: Date): Failure | undefined {
  return (
    checkForm(certificate) ??
    checkExtensions(certificate) ??
    checkAbsent(certificate, ['policyConstraints']) ??
    checkAlgorithm(certificate) ??
    checkValidity(certificate, at, '')
  );
}

/**
 * Check that a certificate may have issued those below it: RFC 5280 section 6.1.4 (k) to (n). In place of
 * (a) to (j), names and policies, a CA that has constraints on them is refused.
 *
 * @param intermediates how many certificates that are not self-issued stand between it and the leaf
 */
export function checkIssuer(
  certificate: Certificate,
  intermediates: number,
  at: Date,
): Failure | undefined {
  const failure = checkCertificate(certificate, at);
  if (failure) return failure;
  if (certificate.tbsCertificate.version !== v3) {
    return fail(certificate, 'not-a-ca', 'is no CA: only version 3 can say that it is one');
  }
  return checkAbsent(certificate, constraining) ?? checkAuthority(certificate, intermediates);
}

/**
 * Check that an anchor may vouch for those below it. RFC 5280 section 6.1.1 (d) takes nothing but name
 * and key from an anchor; section 6.2 permits more, and gateways expect more: an anchor outside of its
 * validity is refused, and what its own extensions say is obeyed. A root of version 1 says nothing, and
 * that it was configured as an anchor is what makes it a CA. How it is signed plays no part, nor do
 * constraints on names and policies unless they are critical: those of an anchor are not input to 6.1.
 */
export function checkAnchor(
  anchor: Certificate,
  intermediates: number,
  at: Date,
): Failure | undefined {
  const failure =
    checkForm(anchor) ?? checkExtensions(anchor) ?? checkValidity(anchor, at, 'anchor-');
  if (failure) return failure;
  return anchor.tbsCertificate.version === v3 ? checkAuthority(anchor, intermediates) : undefined;
}

/** RFC 5280 sections 4.1.2.1, 4.1.2.6, 4.1.2.8 and 4.1.2.9: what goes with which version, and who it names. */
function checkForm(certificate: Certificate): Failure | undefined {
  const { version, subject, issuerUniqueID, subjectUniqueID, extensions } =
    certificate.tbsCertificate;
  const malformed = (what: string): Failure => fail(certificate, 'malformed-certificate', what);
  if (version < 0 || version > v3) return malformed(`has version ${version}, which is not defined`);
  if (extensions && version < v3) {
    return malformed(
      `has extensions, which need version 3, and says it is of version ${version + 1}`,
    );
  }
  if ((issuerUniqueID || subjectUniqueID) && version < v2) {
    return malformed('has a unique identifier, which needs version 2, and says it is of version 1');
  }
  const isNamed =
    !isNullDn(subject) ||
    extensions?.some(({ extnID, critical }) => critical && extnID === oids.subjectAltName);
  return isNamed ? undefined : malformed('has an empty subject and no critical subjectAltName');
}

/** Refuse extensions that would have to be obeyed, critical or not. */
function checkAbsent(
  certificate: Certificate,
  names: readonly (typeof constraining)[number][],
): Failure | undefined {
  const { extensions = [] } = certificate.tbsCertificate;
  const found = names.find((name) => extensions.some(({ extnID }) => extnID === oids[name]));
  return (
    found &&
    fail(
      certificate,
      'constraint-not-processed',
      `has extension "${found}", which limits what it may issue and is not processed`,
    )
  );
}

function checkExtensions(certificate: Certificate): Failure | undefined {
  const { extensions = [] } = certificate.tbsCertificate;
  const seen = new Set<Oid>();
  for (const { extnID, critical } of extensions) {
    const name = oidName(extnID);
    if (seen.has(extnID)) {
      return fail(certificate, 'duplicate-extension', `has extension "${name}" twice`);
    }
    seen.add(extnID);
    if (critical && !processedOids.has(extnID)) {
      return fail(
        certificate,
        'critical-extension',
        `has critical extension "${name}", which is not processed`,
      );
    }
  }
  for (const name of processed) {
    const why = malformation(() => extensionValue(extensions, name));
    if (why !== undefined) {
      return fail(certificate, 'malformed-extension', `has extension "${name}" malformed: ${why}`);
    }
  }
  return undefined;
}

/** RFC 5280 section 4.1.1.2. */
function checkAlgorithm(certificate: Certificate): Failure | undefined {
  // Exactly, not by `sameAlgorithm`: the outer one is not signed, and could be changed at will.
  const inner = toDer(AlgorithmIdentifier, certificate.tbsCertificate.signature);
  if (!bytesEqual(inner, toDer(AlgorithmIdentifier, certificate.signatureAlgorithm))) {
    return fail(
      certificate,
      'algorithm-mismatch',
      'names another signature algorithm inside than outside',
    );
  }
  return undefined;
}

function checkValidity(
  certificate: Certificate,
  at: Date,
  whose: 'anchor-' | '',
): Failure | undefined {
  const { notBefore, notAfter } = certificate.tbsCertificate.validity;
  // Both ends belong to the period (RFC 5280 section 4.1.2.5), and they are whole seconds.
  const seconds = Math.floor(at.getTime() / 1000);
  if (seconds * 1000 > notAfter.value.getTime()) {
    return fail(certificate, `${whose}expired`, `expired at ${instant(notAfter.value)}`);
  }
  // Not `<`: against a date that is none, everything is not yet valid.
  if (!(seconds * 1000 >= notBefore.value.getTime())) {
    return fail(certificate, `${whose}not-yet-valid`, `is valid from ${instant(notBefore.value)}`);
  }
  return undefined;
}

function checkAuthority(certificate: Certificate, intermediates: number): Failure | undefined {
  const { extensions } = certificate.tbsCertificate;
  const constraints = extensionValue(extensions, 'basicConstraints');
  if (constraints?.cA !== true) {
    return fail(certificate, 'not-a-ca', 'is no CA: basicConstraints does not say so');
  }
  const keyUsage = extensionValue(extensions, 'keyUsage');
  if (keyUsage && !keyUsage.includes('keyCertSign')) {
    return fail(certificate, 'key-usage', 'may not sign certificates: keyUsage has no keyCertSign');
  }
  const { pathLenConstraint = Infinity } = constraints;
  if (pathLenConstraint < intermediates) {
    return fail(
      certificate,
      'path-length-exceeded',
      `allows ${pathLenConstraint} intermediate certificates below it, not ${intermediates}`,
    );
  }
  return undefined;
}

function malformation(decode: () => unknown): string | undefined {
  try {
    decode();
    return undefined;
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return error.message;
    throw error;
  }
}

function fail(certificate: Certificate, reason: PathFailure, what: string): Failure {
  return { reason, detail: `${quoteSubject(certificate)} ${what}`, certificate };
}

function instant(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
