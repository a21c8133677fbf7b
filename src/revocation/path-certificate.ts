import { CertError } from '../base/errors.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue, type ExtensionValues } from '../x509/extension-values.ts';
import { isNullDn, sameName } from '../x509/name.ts';
import { failure, type Failure } from './path-failure.ts';

/** The extensions whose values decide about a path, or about what its end entity is good for. */
const processed = [
  'basicConstraints',
  'keyUsage',
  'extKeyUsage',
  'subjectAltName',
  'nameConstraints',
  'certificatePolicies',
  'policyMappings',
  'policyConstraints',
  'inhibitAnyPolicy',
] as const;

type Processed = (typeof processed)[number];

/** Those, and where its CRLs are, which is for the check of revocation to read; any other critical one is refused. */
const recognized: ReadonlySet<Oid> = new Set([
  ...processed.map((name) => oids[name]),
  oids.cRLDistributionPoints,
]);

/** A certificate of a path whose form is right, and whose extensions were read once. */
export type PathCertificate = {
  readonly certificate: Certificate;
  /** RFC 5280 section 6.1: the same name as subject and issuer. */
  readonly isSelfIssued: boolean;
} & { readonly [K in Processed]: ExtensionValues[K] | undefined };

/** What a certificate says of itself, or why nothing it says is believed. */
export type Reading =
  | { readonly type: 'read'; readonly value: PathCertificate }
  | { readonly type: 'refused'; readonly failure: Failure };

/**
 * Read what of a certificate matters for a path, wherever it stands there, and refuse one that is not as RFC 5280
 * section 4.1 has it, has an extension twice, or a critical one that is not recognized (sections 6.1.4 (o) and
 * 6.1.5 (f)).
 */
export function readCertificate(certificate: Certificate): Reading {
  const flaw = flawInForm(certificate) ?? flawInExtensions(certificate);
  if (flaw) return { type: 'refused', failure: flaw };
  const { extensions, subject, issuer } = certificate.tbsCertificate;
  let reading: Processed = 'basicConstraints';
  const valueOf = <K extends Processed>(name: K): ExtensionValues[K] | undefined => {
    reading = name;
    return extensionValue(extensions, name);
  };
  try {
    const value: PathCertificate = {
      certificate,
      isSelfIssued: sameName(subject, issuer),
      basicConstraints: valueOf('basicConstraints'),
      keyUsage: valueOf('keyUsage'),
      extKeyUsage: valueOf('extKeyUsage'),
      subjectAltName: valueOf('subjectAltName'),
      nameConstraints: valueOf('nameConstraints'),
      certificatePolicies: valueOf('certificatePolicies'),
      policyMappings: valueOf('policyMappings'),
      policyConstraints: valueOf('policyConstraints'),
      inhibitAnyPolicy: valueOf('inhibitAnyPolicy'),
    };
    const contradiction = flawInValues(value);
    return contradiction
      ? { type: 'refused', failure: malformed(certificate, ...contradiction) }
      : { type: 'read', value };
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return { type: 'refused', failure: malformed(certificate, reading, error.message) };
  }
}

// RFC 5280 section 4.1.2.1: v2 and v3 are written as 1 and 2.
const v2 = 1;
const v3 = 2;

/** Tell whether only out-of-band means can say that a certificate is of a CA: section 6.1.4 (k). */
export function isBeforeVersion3({ tbsCertificate: { version } }: Certificate): boolean {
  return version < v3;
}

/** RFC 5280 sections 4.1.2.1, 4.1.2.6, 4.1.2.8 and 4.1.2.9: what goes with which version, and who it names. */
function flawInForm(certificate: Certificate): Failure | undefined {
  const { version, subject, issuerUniqueID, subjectUniqueID, extensions } =
    certificate.tbsCertificate;
  const refuse = (what: string): Failure => failure(certificate, 'malformed-certificate', what);
  if (version < 0 || version > v3) return refuse(`has version ${version}, which is not defined`);
  if (extensions && version < v3) {
    return refuse(`has extensions, which need version 3, and says it is of version ${version + 1}`);
  }
  if ((issuerUniqueID || subjectUniqueID) && version < v2) {
    return refuse('has a unique identifier, which needs version 2, and says it is of version 1');
  }
  const isNamed =
    !isNullDn(subject) ||
    extensions?.some(({ critical, extnID }) => critical && extnID === oids.subjectAltName);
  return isNamed ? undefined : refuse('has an empty subject and no critical subjectAltName');
}

function flawInExtensions(certificate: Certificate): Failure | undefined {
  const { extensions = [] } = certificate.tbsCertificate;
  const seen = new Set<Oid>();
  for (const { extnID, critical } of extensions) {
    const name = oidName(extnID);
    // RFC 5280 section 4.2.
    if (seen.has(extnID)) {
      return failure(certificate, 'duplicate-extension', `has extension "${name}" twice`);
    }
    seen.add(extnID);
    if (critical && !recognized.has(extnID)) {
      const what = `has critical extension "${name}", which is not processed`;
      return failure(certificate, 'critical-extension', what);
    }
  }
  return undefined;
}

/** What section 4.2.1 rules out and the ASN.1 alone does not tell. */
function flawInValues(value: PathCertificate): readonly [Processed, string] | undefined {
  const { basicConstraints, nameConstraints, policyConstraints, inhibitAnyPolicy } = value;
  if (isNegative(basicConstraints?.pathLenConstraint)) {
    return ['basicConstraints', 'its pathLenConstraint is negative'];
  }
  if (nameConstraints && Object.keys(nameConstraints).length === 0) {
    return ['nameConstraints', 'it is empty'];
  }
  if (policyConstraints && Object.keys(policyConstraints).length === 0) {
    return ['policyConstraints', 'it is empty'];
  }
  if (
    isNegative(policyConstraints?.requireExplicitPolicy) ||
    isNegative(policyConstraints?.inhibitPolicyMapping)
  ) {
    return ['policyConstraints', 'a number in it is negative'];
  }
  if (isNegative(inhibitAnyPolicy)) return ['inhibitAnyPolicy', 'it is negative'];
  const policies = value.certificatePolicies?.map(({ policyIdentifier }) => policyIdentifier) ?? [];
  return new Set(policies).size < policies.length
    ? ['certificatePolicies', 'it has a policy twice']
    : undefined;
}

function isNegative(number = 0): boolean {
  return number < 0;
}

function malformed(certificate: Certificate, name: Processed, why: string): Failure {
  return failure(certificate, 'malformed-extension', `has extension "${name}" malformed: ${why}`);
}
