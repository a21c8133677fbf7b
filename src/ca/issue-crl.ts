import { toDer } from '../asn1/codec.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import {
  CertificateList,
  RevokedCertificates,
  TBSCertList,
  type RevokedCertificate,
} from '../x509/certificate-list.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';
import { extension } from '../x509/extension-values.ts';
import { timeOf } from '../x509/time.ts';
import type { CertificateIssuer } from './issue-certificate.ts';
import type { Revocation } from './ledger-records.ts';

/** What to put into a CRL. */
export interface CrlFields {
  /** crlNumber, RFC 5280 section 5.2.3; one more than that of the CRL before. */
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly revoked: readonly Entry[];
  /** The number of the complete CRL that this one adds to; complete itself when absent. */
  readonly base?: number;
  /** Where the delta to it is (RFC 5280 section 5.2.6). */
  readonly freshest?: string;
}

/** One revoked certificate. */
export interface Entry extends Revocation {
  readonly serialNumber: bigint;
}

/** Build and sign a version 2 CRL (RFC 5280 section 5.1); times are cut to the second. */
export async function issueCrl(fields: CrlFields, issuer: CertificateIssuer): Promise<Uint8Array> {
  const signatureAlgorithm = signatureAlgorithmFor(issuer.key);
  const entries = fields.revoked.map(entryOf);
  const tbsCertList: TBSCertList = {
    version: 1,
    signature: signatureAlgorithm,
    issuer: issuer.name,
    thisUpdate: timeOf(fields.thisUpdate),
    nextUpdate: timeOf(fields.nextUpdate),
    // RFC 5280 section 5.1.2.6: absent when there is none.
    ...(entries.length > 0 && { revokedCertificates: toDer(RevokedCertificates, entries) }),
    crlExtensions: [
      extension('authorityKeyIdentifier', { keyIdentifier: issuer.keyIdentifier }),
      extension('cRLNumber', BigInt(fields.number)),
      // RFC 5280 section 5.2.4: critical, or it would be taken for all that is revoked.
      ...(fields.base === undefined
        ? []
        : [extension('deltaCRLIndicator', BigInt(fields.base), true)]),
      ...(fields.freshest === undefined
        ? []
        : [extension('freshestCRL', [crlPoint(fields.freshest)])]),
    ],
  };
  const signature = await issuer.key.sign(toDer(TBSCertList, tbsCertList), signatureAlgorithm);
  return toDer(CertificateList, { tbsCertList, signatureAlgorithm, signature });
}

/** Name the place of a CRL. */
export function crlPoint(url: string): DistributionPoint {
  const value = [{ type: 'uniformResourceIdentifier', value: url }] as const;
  return { distributionPoint: { type: 'fullName', value } };
}

function entryOf({ serialNumber, at, reason }: Entry): RevokedCertificate {
  return {
    userCertificate: serialNumber,
    revocationDate: timeOf(at),
    // RFC 5280 section 5.3.1: left out rather than `unspecified`.
    ...(reason !== 'unspecified' && { crlEntryExtensions: [extension('reasonCode', reason)] }),
  };
}
