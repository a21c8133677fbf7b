import { oids, type Oid } from '../../src/asn1/oids.ts';
import type { PathVerdict } from '../../src/revocation/validate-path.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { someDay } from './certificates.ts';
import type { OpensslComplaints } from './openssl-verify.ts';
import type { RandomPki } from './random-pki.ts';

/** One case in which we and OpenSSL do not say the same. */
export interface Disagreement {
  readonly pki: RandomPki;
  readonly ours: PathVerdict;
  readonly theirs: OpensslComplaints;
}

/** Something that OpenSSL 3.0 and RFC 5280 see differently, and we as the RFC. */
export interface KnownDisagreement {
  readonly title: string;
  /** Whose verdict is "valid". */
  readonly accepts: 'certkeeper' | 'openssl';
  /** A case in which it shows. */
  readonly seed: number;
  readonly sentence: string;
  explains(disagreement: Disagreement): boolean;
}

/** All there are. Where OpenSSL refuses what we accept, decision 0011 says why. */
export const knownDisagreements: readonly KnownDisagreement[] = [
  {
    title: 'the last second of a certificate',
    accepts: 'certkeeper',
    seed: 257,
    sentence:
      'The certificate validity period is ... from notBefore through notAfter, inclusive (4.1.2.5)',
    explains: ({ pki, ours, theirs }) =>
      ours.type === 'valid' &&
      isAbout(theirs, 'certificate has expired') &&
      certificatesOf(pki).some(
        ({ tbsCertificate }) =>
          tbsCertificate.validity.notAfter.value.getTime() === someDay.getTime(),
      ),
  },
  {
    title: 'emailAddress in the subject of a certificate that has a subjectAltName',
    accepts: 'certkeeper',
    seed: 13,
    sentence:
      'When constraints are imposed on the rfc822Name name form, but the certificate does not include a subject alternative name, the rfc822Name constraint MUST be applied to the attribute of type emailAddress in the subject distinguished name (4.2.1.10)',
    explains: ({ pki, ours, theirs }) =>
      ours.type === 'valid' &&
      isAboutNames(theirs) &&
      certificatesOf(pki).some((one) => hasAttribute(one, 'emailAddress') && hasAltName(one)),
  },
  {
    title: 'a commonName that looks like a host, where dNSName is constrained',
    accepts: 'certkeeper',
    seed: 59,
    sentence:
      'Restrictions apply only when the specified name form is present (4.2.1.10); a commonName is no dNSName',
    explains: ({ pki, ours, theirs }) =>
      ours.type === 'valid' && isAboutNames(theirs) && certificatesOf(pki).some(isNamedLikeHost),
  },
  {
    title: 'a CA without basicConstraints',
    accepts: 'openssl',
    seed: 486,
    sentence:
      'If certificate i is a version 3 certificate, verify that the basicConstraints extension is present and that cA is set to TRUE (6.1.4 (k))',
    explains: ({ ours, theirs }) => theirs.length === 0 && reasonOf(ours) === 'not-a-ca',
  },
  {
    title: 'an extension twice that is not critical',
    accepts: 'openssl',
    seed: 137,
    sentence:
      'A certificate MUST NOT include more than one instance of a particular extension (4.2)',
    explains: ({ ours, theirs }) => theirs.length === 0 && reasonOf(ours) === 'duplicate-extension',
  },
  {
    title: 'a URI without a host name, where URIs are excluded',
    accepts: 'openssl',
    seed: 62,
    sentence:
      'if the URI either does not include an authority component or includes an authority component in which the host name is specified as an IP address, then the application MUST reject the certificate (4.2.1.10)',
    explains: ({ ours, theirs }) =>
      theirs.length === 0 && reasonOf(ours) === 'name-constraint-unsupported',
  },
  {
    title: 'a mapping to or from anyPolicy in a certificate without policies',
    accepts: 'openssl',
    seed: 459,
    sentence:
      'If a policy mappings extension is present, verify that the special value anyPolicy does not appear as an issuerDomainPolicy or a subjectDomainPolicy (6.1.4 (a))',
    explains: ({ ours, theirs }) =>
      theirs.length === 0 && reasonOf(ours) === 'policy-mapping-invalid',
  },
  {
    title: 'a mapping of a policy that only an inhibited anyPolicy stands for',
    accepts: 'openssl',
    seed: 1659,
    sentence:
      'If no node of depth i in the valid_policy_tree has a valid_policy of ID-P but there is a node of depth i with a valid_policy of anyPolicy, then generate a child node (6.1.4 (b) (1))',
    explains: ({ pki, ours, theirs }) =>
      theirs.length === 0 &&
      reasonOf(ours) === 'no-valid-policy' &&
      certificatesOf(pki).some(mapsFromAnyPolicy),
  },
  {
    title: 'a mapping of a policy that anyPolicy stands for, which anyPolicy matches in the next',
    accepts: 'certkeeper',
    seed: 657,
    sentence:
      'set the expected_policy_set to the set of subjectDomainPolicy values that are specified as equivalent to ID-P by the policy mappings extension (6.1.4 (b) (1) (iii)); then, for each value in the expected_policy_set ..., create a child node (6.1.3 (d) (2))',
    explains: ({ pki, ours, theirs }) =>
      ours.type === 'valid' &&
      isAbout(theirs, 'no explicit policy') &&
      certificatesOf(pki).some(mapsFromAnyPolicy),
  },
];

function certificatesOf({ leaf, intermediates, anchor }: RandomPki): readonly Certificate[] {
  return [anchor, ...intermediates, leaf].map(({ certificate }) => certificate);
}

/** Tell whether a certificate maps a policy that it does not have but by anyPolicy. */
function mapsFromAnyPolicy({ tbsCertificate: { extensions } }: Certificate): boolean {
  const own = extensionValue(extensions, 'certificatePolicies') ?? [];
  const has = (policy: Oid): boolean =>
    own.some(({ policyIdentifier }) => policyIdentifier === policy);
  const mappings = extensionValue(extensions, 'policyMappings') ?? [];
  return has(oids.anyPolicy) && mappings.some(({ issuerDomainPolicy }) => !has(issuerDomainPolicy));
}

function isAbout(complaints: OpensslComplaints, words: string): boolean {
  return complaints.some((complaint) => complaint.includes(words));
}

function isAboutNames(complaints: OpensslComplaints): boolean {
  return isAbout(complaints, 'subtree violation') || isAbout(complaints, 'name constraints');
}

function reasonOf(verdict: PathVerdict): string {
  return verdict.type === 'valid' ? 'valid' : verdict.reasons[0].reason;
}

function hasAttribute({ tbsCertificate }: Certificate, name: 'emailAddress'): boolean {
  return tbsCertificate.subject.rdns.flat().some(({ type }) => type === oids[name]);
}

function hasAltName({ tbsCertificate: { extensions } }: Certificate): boolean {
  return extensions?.some(({ extnID }) => extnID === oids.subjectAltName) === true;
}

function isNamedLikeHost({ tbsCertificate: { subject } }: Certificate): boolean {
  return subject.rdns
    .flat()
    .some(({ type, value }) => type === oids.commonName && String(value.value).startsWith('host'));
}
