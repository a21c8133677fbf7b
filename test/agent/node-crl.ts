import { sign } from 'node:crypto';
import { toDer } from '../../src/asn1/codec.ts';
import type { Label } from '../../src/base/label.ts';
import type { CrlRecord } from '../../src/store/crls-contract.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import {
  CertificateList,
  RevokedCertificates,
  TBSCertList,
} from '../../src/x509/certificate-list.ts';
import { Name } from '../../src/x509/name.ts';
import { timeOf } from '../../src/x509/time.ts';
import type { Issued } from '../harness/certificates.ts';

/** A CRL of a CA with one entry, as it is stored; signed by another when that is given. */
export function crlRecord(
  ca: Label,
  issuer: Issued,
  revoked: Issued['certificate'],
  at: Date,
  signer: Issued = issuer,
): CrlRecord {
  const signature = algorithmIdentifier('ecdsaWithSHA256');
  const entry = { serialNumber: revoked.tbsCertificate.serialNumber, at };
  const tbsCertList: TBSCertList = {
    version: 1,
    signature,
    issuer: issuer.subject,
    thisUpdate: timeOf(at),
    nextUpdate: timeOf(new Date(at.getTime() + 86_400_000)),
    revokedCertificates: toDer(RevokedCertificates, [
      { userCertificate: entry.serialNumber, revocationDate: timeOf(entry.at) },
    ]),
  };
  const octets = sign('sha256', toDer(TBSCertList, tbsCertList), signer.key.privateKey);
  const list = { tbsCertList, signatureAlgorithm: signature, signature: Uint8Array.from(octets) };
  return {
    ca,
    issuer: toDer(Name, issuer.subject),
    der: toDer(CertificateList, list),
    thisUpdate: at,
    fetchedAt: at,
  };
}
