import { rawOf } from '../asn1/codec.ts';
import type { RootCaKeyUpdateContent } from '../cmp/message/root-ca-key-update.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import type { Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import { samePublicKey } from '../x509/subject-public-key-info.ts';
import { checkAnchor, checkIssuer } from './certificate-check.ts';
import { readCertificate, type PathCertificate } from './path-certificate.ts';
import type { Failure } from './path-failure.ts';
import { isSignedBy, type Signed } from './signed-by.ts';

/** Whether a new root may follow the present one. */
export type RootUpdateVerdict =
  | { readonly type: 'valid'; readonly newRoot: Certificate; readonly present: Certificate }
  /** Lower case, no final period. */
  | { readonly type: 'invalid'; readonly detail: string };

/**
 * Check a root update (L10; RFC 9810 section 4.4.2.2, RFC 9483 section 4.3.2): newWithOld has to be there and to
 * verify under a present root, newWithNew under itself with the same key, oldWithNew, where it is, under the new key;
 * the names are equal in all, and the new certificates valid now.
 *
 * @param present the roots that are believed now
 */
export function checkRootUpdate(
  { newWithNew, newWithOld, oldWithNew }: RootCaKeyUpdateContent,
  present: readonly Certificate[],
  at: Date,
  policy: AlgorithmPolicy,
): RootUpdateVerdict {
  // L10: required.
  if (!newWithOld)
    return invalid('newWithOld is missing: nothing leads from the present root to it');
  const { subject, subjectPublicKeyInfo: newKey } = newWithNew.tbsCertificate;
  for (const [what, certificate] of Object.entries({ newWithNew, newWithOld, oldWithNew })) {
    if (!certificate) continue;
    const { tbsCertificate } = certificate;
    if (!sameName(tbsCertificate.subject, subject) || !sameName(tbsCertificate.issuer, subject)) {
      return invalid(`${what} has another name than newWithNew`);
    }
  }
  for (const [what, { tbsCertificate }] of Object.entries({ newWithNew, newWithOld })) {
    const { notBefore, notAfter } = tbsCertificate.validity;
    if (at < notBefore.value || at > notAfter.value) return invalid(`${what} is not valid now`);
  }
  // L10: RFC 5280 section 6.1, as for every other path; an anchor that vouches for nothing would be of no use.
  const unfit =
    flaw('newWithNew', newWithNew, (anchor) => checkAnchor(anchor, at)) ??
    flaw('newWithOld', newWithOld, (issuer) => checkIssuer(issuer, at));
  if (unfit) return unfit;
  if (!samePublicKey(newWithOld.tbsCertificate.subjectPublicKeyInfo, newKey)) {
    return invalid('newWithOld is for another key than newWithNew');
  }
  if (!isSignedBy(signedPart(newWithNew), newWithNew, policy)) {
    return invalid('newWithNew is not signed with its own key');
  }
  const root = present.find(
    (one) =>
      sameName(one.tbsCertificate.subject, subject) &&
      isValidAt(one, at) &&
      isSignedBy(signedPart(newWithOld), one, policy),
  );
  if (!root)
    return invalid('newWithOld is not signed by a root of the CA profile that is valid now');
  const oldKey = root.tbsCertificate.subjectPublicKeyInfo;
  if (oldWithNew) {
    if (!samePublicKey(oldWithNew.tbsCertificate.subjectPublicKeyInfo, oldKey)) {
      return invalid('oldWithNew is for another key than the present root');
    }
    if (!isSignedBy(signedPart(oldWithNew), newWithNew, policy)) {
      return invalid('oldWithNew is not signed with the new key');
    }
  }
  return { type: 'valid', newRoot: newWithNew, present: root };
}

function flaw(
  what: string,
  certificate: Certificate,
  check: (certificate: PathCertificate) => Failure | undefined,
): RootUpdateVerdict | undefined {
  const reading = readCertificate(certificate);
  const found = reading.type === 'refused' ? reading.failure : check(reading.value);
  return found && invalid(`${what} is not the certificate of a CA to be believed: ${found.detail}`);
}

function isValidAt({ tbsCertificate: { validity } }: Certificate, at: Date): boolean {
  return validity.notBefore.value <= at && at <= validity.notAfter.value;
}

function signedPart(certificate: Certificate): Signed {
  return { ...certificate, data: rawOf(certificate.tbsCertificate) };
}

function invalid(detail: string): { readonly type: 'invalid'; readonly detail: string } {
  return { type: 'invalid', detail };
}
