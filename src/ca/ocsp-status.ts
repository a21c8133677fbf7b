import { bytesEqual } from '../base/bytes.ts';
import { sourceOf, toDer } from '../asn1/codec.ts';
import { digest, findDigest } from '../crypto/digest.ts';
import { Name } from '../x509/name.ts';
import type { CertID } from '../x509/ocsp-request.ts';
import type { CertStatus } from '../x509/ocsp-response.ts';
import type { Authorities, Authority } from './authority.ts';
import { serialText } from './grant.ts';
import { crlIssuers, type CrlIssuer, type Revocation } from './ledger-records.ts';
import type { Ledger } from './ledger.ts';

/** Find the CA of the lab that a CertID names by the hashes of its name and key (RFC 6960 section 4.1.1). */
export function issuerNamed(id: CertID, authorities: Authorities): CrlIssuer | undefined {
  const hash = findDigest(id.hashAlgorithm);
  if (hash === undefined) return undefined;
  return crlIssuers.find((issuer) => {
    const { subject, subjectPublicKeyInfo } = authorities[issuer].certificate.tbsCertificate;
    const name = sourceOf(subject) ?? toDer(Name, subject);
    return (
      bytesEqual(id.issuerNameHash, digest(hash, name)) &&
      bytesEqual(id.issuerKeyHash, digest(hash, subjectPublicKeyInfo.subjectPublicKey))
    );
  });
}

/**
 * Say of a certificate what the CRLs say; of one that was never issued that it is unknown.
 *
 * @param delegate the responder itself, whose certificate is not among those the ledger counts
 */
export async function certStatusOf(
  { serialNumber }: CertID,
  issuer: CrlIssuer,
  { authorities, ledger }: { readonly authorities: Authorities; readonly ledger: Ledger },
  delegate?: Authority,
): Promise<CertStatus> {
  const own = issuer === 'root' ? [authorities.issuing] : [authorities.ra, delegate];
  if (own.some((one) => one?.certificate.tbsCertificate.serialNumber === serialNumber)) return good;
  const found =
    issuer === 'issuing' && serialNumber > 0n
      ? await ledger.certificateBySerial(serialText(serialNumber))
      : undefined;
  if (!found) return { type: 'unknown', value: null };
  return found.revocation ? revokedStatus(found.revocation) : good;
}

const good: CertStatus = { type: 'good', value: null };

/** Say that a certificate is revoked; RFC 5280 section 5.3.1 would rather have no reason than `unspecified`. */
export function revokedStatus({ at, reason }: Revocation): CertStatus {
  return {
    type: 'revoked',
    value: {
      revocationTime: at,
      ...(reason !== 'unspecified' && { revocationReason: reason }),
    },
  };
}
