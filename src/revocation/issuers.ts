import { asBuffer, bytesEqual } from '../base/bytes.ts';
import { readable } from '../base/readable.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { isNullDn, nameKey } from '../x509/name.ts';

/** A certificate that may have issued another, by its name. */
export interface Candidate {
  readonly certificate: Certificate;
  readonly isAnchor: boolean;
  /** Its subjectKeyIdentifier, read once however often the certificate is looked at. */
  readonly keyIdentifier: Uint8Array | undefined;
}

/** Candidates by the `nameKey` of their subject. */
export type IssuerIndex = ReadonlyMap<string, readonly Candidate[]>;

/** Index anchors and intermediates by subject, each certificate once; what is an anchor is only that. */
export function indexIssuers(
  anchors: readonly Certificate[],
  intermediates: readonly Certificate[],
): IssuerIndex {
  const index = new Map<string, Candidate[]>();
  const seen = new Set<string>();
  const add = (certificate: Certificate, isAnchor: boolean): void => {
    const { subject } = certificate.tbsCertificate;
    const der = asBuffer(certificateDer(certificate)).toString('latin1');
    // RFC 5280 section 4.1.2.6: the subject of a CA is not empty.
    if (isNullDn(subject) || seen.has(der)) return;
    seen.add(der);
    const key = nameKey(subject);
    const group = index.get(key);
    const candidate = { certificate, isAnchor, keyIdentifier: subjectKeyIdentifier(certificate) };
    if (group) group.push(candidate);
    else index.set(key, [candidate]);
  };
  for (const anchor of anchors) add(anchor, true);
  for (const intermediate of intermediates) add(intermediate, false);
  return index;
}

/**
 * List who may have issued a certificate, the likeliest first: whose key identifier matches, and anchors
 * before others. Key identifiers are hints that anyone can write, so none is left out for its own.
 */
export function issuersOf(certificate: Certificate, index: IssuerIndex): readonly Candidate[] {
  const group = index.get(nameKey(certificate.tbsCertificate.issuer)) ?? [];
  if (group.length < 2) return group;
  const wanted = authorityKeyIdentifier(certificate);
  return group
    .map((candidate) => ({ candidate, order: unlikeliness(candidate, wanted) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ candidate }) => candidate);
}

function unlikeliness(
  { keyIdentifier, isAnchor }: Candidate,
  wanted: Uint8Array | undefined,
): number {
  const mismatch = !wanted || !keyIdentifier ? 1 : bytesEqual(wanted, keyIdentifier) ? 0 : 2;
  return mismatch * 2 + (isAnchor ? 0 : 1);
}

function authorityKeyIdentifier({ tbsCertificate }: Certificate): Uint8Array | undefined {
  return readable(
    () => extensionValue(tbsCertificate.extensions, 'authorityKeyIdentifier')?.keyIdentifier,
  );
}

function subjectKeyIdentifier({ tbsCertificate }: Certificate): Uint8Array | undefined {
  return readable(() => extensionValue(tbsCertificate.extensions, 'subjectKeyIdentifier'));
}
