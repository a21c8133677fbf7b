import { sourceOf, toDer } from '../asn1/codec.ts';
import { concatBytes, toHex } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import type { Certificate } from '../x509/certificate.ts';
import { SubjectPublicKeyInfo, samePublicKey } from '../x509/subject-public-key-info.ts';

/** Octets of each hash, RFC 7296 section 3.7: SHA-1, which is a name here and proves nothing. */
const HASH_OCTETS = 20;

/** Hash the SubjectPublicKeyInfo of an anchor, as a certificate request payload of IKE names it (RFC 7296 section 3.7). */
export function anchorHash({ tbsCertificate }: Certificate): Uint8Array {
  const { subjectPublicKeyInfo: spki } = tbsCertificate;
  return digest('sha1', sourceOf(spki) ?? toDer(SubjectPublicKeyInfo, spki));
}

/**
 * Give the certification authority field of a certificate request payload (CERTREQ) for those who are believed: one hash
 * after the other, each key once.
 */
export function anchorHashes(anchors: readonly Certificate[]): Uint8Array {
  const keys = anchors.filter(
    ({ tbsCertificate: { subjectPublicKeyInfo: spki } }, i) =>
      !anchors
        .slice(0, i)
        .some((other) => samePublicKey(other.tbsCertificate.subjectPublicKeyInfo, spki)),
  );
  return concatBytes(...keys.map(anchorHash));
}

/**
 * Find those that a certificate request payload names among CAs that are known.
 *
 * @param hashes its certification authority field; octets beyond the last whole hash name nobody
 */
export function anchorsAskedFor(
  known: readonly Certificate[],
  hashes: Uint8Array,
): readonly Certificate[] {
  const asked = new Set<string>();
  for (let at = 0; at + HASH_OCTETS <= hashes.length; at += HASH_OCTETS) {
    asked.add(toHex(hashes.subarray(at, at + HASH_OCTETS)));
  }
  return known.filter((certificate) => asked.has(toHex(anchorHash(certificate))));
}
