import { rawOf } from '../asn1/codec.ts';
import { asBuffer, bytesEqual } from '../base/bytes.ts';
import { readable } from '../base/readable.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { verifySignature } from '../crypto/signature.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { sameName, type Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo, samePublicKey } from '../x509/subject-public-key-info.ts';
import { sourceOf, toDer } from '../asn1/codec.ts';
import type { Crl } from './crl.ts';

/** What the search for paths gives to whoever needs the signer of a CRL. */
export interface CrlSigners {
  /** Certificates with this subject, anchors among them, in any order. */
  candidates(subject: Name): readonly Certificate[];
  /**
   * The certificates above one on its path to the same anchor, which is the last; empty for the anchor itself;
   * undefined when there is no such path.
   */
  above(certificate: Certificate): readonly Certificate[] | undefined;
  /** The key of a certificate, where its parameters come from above; its own when absent. */
  keyOf?(certificate: Certificate): SubjectPublicKeyInfo;
}

/**
 * Certificates of one name whose key is tried on a CRL. A CA has two or three: before and after a change of its key, and
 * one for CRLs.
 */
const MAX_SIGNER_CANDIDATES = 8;

/** Signatures of one CRL that are remembered. */
const MAX_REMEMBERED = 32;

/**
 * List the certificates whose key signed a CRL (RFC 5280 section 6.3.3 (g)), whether they may or not. The issuers of the
 * certificate in question are tried first, then what leads to the anchor. What does not comes last, and only to say why:
 * anybody may send certificates of that name along, and must not crowd out the right one.
 *
 * @param above the issuers, up to the anchor
 * @returns undefined when there is none of that name at all
 */
export function signersOf(
  crl: Crl,
  signers: CrlSigners,
  policy: AlgorithmPolicy,
  above: readonly Certificate[] = [],
): readonly Certificate[] | undefined {
  const candidates = signers.candidates(crl.issuer);
  if (candidates.length === 0) return undefined;
  const hasSigned = (certificate: Certificate): boolean => {
    const own = certificate.tbsCertificate.subjectPublicKeyInfo;
    return isSignedBy(crl, signers.keyOf?.(certificate) ?? own, policy);
  };
  const issuers = candidates.filter((one) => isAmong(one, above)).filter(hasSigned);
  if (issuers.length > 0) return issuers;
  return candidates
    .filter((one) => !isAmong(one, above))
    .map((certificate) => ({
      certificate,
      order:
        unlikeliness(certificate, crl.keyIdentifier) + (signers.above(certificate) ? 0 : NO_PATH),
    }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, MAX_SIGNER_CANDIDATES)
    .map(({ certificate }) => certificate)
    .filter(hasSigned);
}

/** More than any `unlikeliness`. */
const NO_PATH = 10;

/** Tell whether a certificate, the same octets, is one of some. */
export function isAmong(certificate: Certificate, some: readonly Certificate[]): boolean {
  return some.some((one) => one === certificate || bytesEqual(rawOf(one), rawOf(certificate)));
}

/** Tell whether a certificate may sign CRLs: RFC 5280 section 6.3.3 (f), and section 4.2.1.3 for one without keyUsage. */
export function maySignCrls({ tbsCertificate: { extensions } }: Certificate): boolean {
  return (
    readable(() => extensionValue(extensions, 'keyUsage')?.includes('cRLSign') !== false) ?? false
  );
}

/**
 * Tell whether the signer of a CRL is the CA that issued a certificate, with that key or another: the same name, and
 * self-issued links aside issued by the same. Names alone do not tell: below one anchor there may be two CAs of one.
 *
 * @param ofSigner certificates from the signer up to the anchor, as `ofIssuer` from the issuer
 */
export function isSameAuthority(
  ofSigner: readonly Certificate[],
  ofIssuer: readonly Certificate[],
): boolean {
  const [signer] = ofSigner;
  const [issuer] = ofIssuer;
  if (!signer || !issuer) return false;
  if (!sameName(signer.tbsCertificate.subject, issuer.tbsCertificate.subject)) return false;
  const above = parentOf(ofSigner);
  const other = parentOf(ofIssuer);
  return above !== undefined && other !== undefined && isSameEntity(above, other);
}

/** The first certificate above all that are self-issued; the anchor for its own. */
function parentOf(path: readonly Certificate[]): Certificate | undefined {
  const last = path.findIndex(
    ({ tbsCertificate: { subject, issuer } }) => !sameName(subject, issuer),
  );
  return last === -1 ? path.at(-1) : (path[last + 1] ?? path.at(-1));
}

/** Tell whether two certificates are of the same name with the same key. */
export function isSameEntity(a: Certificate, b: Certificate): boolean {
  return (
    a === b ||
    (samePublicKey(a.tbsCertificate.subjectPublicKeyInfo, b.tbsCertificate.subjectPublicKeyInfo) &&
      sameName(a.tbsCertificate.subject, b.tbsCertificate.subject))
  );
}

function unlikeliness(
  { tbsCertificate: { extensions } }: Certificate,
  wanted: Uint8Array | undefined,
): number {
  const own = readable(() => extensionValue(extensions, 'subjectKeyIdentifier'));
  return !wanted || !own ? 1 : bytesEqual(wanted, own) ? 0 : 2;
}

// A CRL is hashed once for a key, however many certificates are looked up in it: 20 MB take 50 ms.
const verified = new WeakMap<Crl, Map<string, boolean>>();

function isSignedBy(crl: Crl, spki: SubjectPublicKeyInfo, policy: AlgorithmPolicy): boolean {
  const der = sourceOf(spki) ?? toDer(SubjectPublicKeyInfo, spki);
  const key = `${JSON.stringify(policy)} ${asBuffer(der).toString('latin1')}`;
  const ofCrl = verified.get(crl) ?? new Map<string, boolean>();
  verified.set(crl, ofCrl);
  const known = ofCrl.get(key);
  if (known !== undefined) return known;
  if (ofCrl.size >= MAX_REMEMBERED) ofCrl.clear();
  const { tbsCertList, signatureAlgorithm: algorithm, signature } = crl.list;
  const isGood =
    readable(() =>
      verifySignature({ spki, algorithm, data: rawOf(tbsCertList), signature, policy }),
    ) ?? false;
  ofCrl.set(key, isGood);
  return isGood;
}
