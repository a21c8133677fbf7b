import { bytesEqual } from '../base/bytes.ts';
import { sourceOf, toDer } from '../asn1/codec.ts';
import { digest, findDigest, type DigestName } from '../crypto/digest.ts';
import { algorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { Name } from '../x509/name.ts';
import type { CertID } from '../x509/ocsp-request.ts';

/** The digests a request may name certificates by; SHA-1 is what RFC 5019 section 2.1.1 asks responders to know. */
export type CertIdHash = 'sha1' | 'sha256';

/**
 * Name a certificate for a request (RFC 6960 section 4.1.1). The digest has its parameters NULL, as RFC 5019 shows it and
 * OpenSSL writes it: responders send the CertID back as it came, and HAProxy and caches look for those octets.
 */
export function certIdOf(certificate: Certificate, issuer: Certificate, hash: CertIdHash): CertID {
  const { serialNumber, issuer: issuerName } = certificate.tbsCertificate;
  return {
    hashAlgorithm: algorithmIdentifier(hash, 'NULL'),
    issuerNameHash: digest(hash, nameOctets(issuerName)),
    issuerKeyHash: keyHash(hash, issuer),
    serialNumber,
  };
}

/**
 * Tell whether a CertID in a response is that of a certificate, by the digest it names: SHA-1 or SHA-2. The name is
 * hashed as the certificate has it; some responders take it from the CA's own certificate, where it may be written
 * otherwise.
 */
export function isCertIdOf(id: CertID, certificate: Certificate, issuer: Certificate): boolean {
  const { serialNumber, issuer: issuerName } = certificate.tbsCertificate;
  if (id.serialNumber !== serialNumber) return false;
  const hash = findDigest(id.hashAlgorithm);
  if (hash === undefined || !bytesEqual(id.issuerKeyHash, keyHash(hash, issuer))) return false;
  return [issuerName, issuer.tbsCertificate.subject].some((name) =>
    bytesEqual(id.issuerNameHash, digest(hash, nameOctets(name))),
  );
}

/** Hash the bits of a certificate's key, without tag and length, as CertID and ResponderID have it. */
export function keyHash(hash: DigestName, { tbsCertificate }: Certificate): Uint8Array {
  return digest(hash, tbsCertificate.subjectPublicKeyInfo.subjectPublicKey);
}

function nameOctets(name: Name): Uint8Array {
  return sourceOf(name) ?? toDer(Name, name);
}
