import { sign } from 'node:crypto';
import { toDer } from '../../src/asn1/codec.ts';
import type { Crl } from '../../src/revocation/crl.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import {
  CertificateList,
  RevokedCertificates,
  TBSCertList,
  type RevokedCertificate,
} from '../../src/x509/certificate-list.ts';
import type { CRLReason } from '../../src/x509/crl-reason.ts';
import type { IssuingDistributionPoint } from '../../src/x509/distribution-point.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { Name } from '../../src/x509/name.ts';
import { timeOf } from '../../src/x509/time.ts';
import { someDay, type Issued } from '../harness/certificates.ts';
import { crlOf } from './crl-vectors.ts';

const hour = 3_600_000;

/** What a CRL shall be; everything left out is as it should be. */
export interface CrlParts {
  readonly number?: bigint;
  readonly base?: bigint;
  readonly scope?: Partial<IssuingDistributionPoint>;
  readonly thisUpdate?: Date;
  /** Undefined is a day later, null is none. */
  readonly nextUpdate?: Date | null;
  readonly entries?: readonly RevokedCertificate[];
  readonly extensions?: readonly Extension[];
  /** DER of revokedCertificates in place of entries. */
  readonly entriesDer?: Uint8Array;
  /** Another name than the signer's. */
  readonly issuer?: Name;
  /** The algorithm named outside. */
  readonly outer?: 'ecdsaWithSHA256' | 'ecdsaWithSHA384';
  readonly version?: number;
}

/** So many hours after the day of the tests. */
export function hours(count: number): Date {
  return new Date(someDay.getTime() + count * hour);
}

/** An entry about a certificate or a serial number. */
export function entry(
  of: Issued | bigint,
  reason?: CRLReason,
  extensions: readonly Extension[] = [],
): RevokedCertificate {
  const all = [...(reason ? [extension('reasonCode', reason)] : []), ...extensions];
  return {
    userCertificate: typeof of === 'bigint' ? of : of.certificate.tbsCertificate.serialNumber,
    revocationDate: timeOf(hours(-2)),
    ...(all.length > 0 && { crlEntryExtensions: all }),
  };
}

/** The extension of an entry that says whose certificate it is about. */
export function ofIssuer(name: Name): Extension {
  return extension('certificateIssuer', [{ type: 'directoryName', value: name }], true);
}

/** Make the octets of a CRL, from an hour before the day of the tests for a day. */
export function makeCrl(signer: Issued, parts: CrlParts = {}): Uint8Array {
  const { number = 1n, base, scope, entries = [], extensions = [], outer } = parts;
  const { thisUpdate = hours(-1), nextUpdate = hours(23), version = 1 } = parts;
  const entriesDer =
    parts.entriesDer ?? (entries.length > 0 ? toDer(RevokedCertificates, entries) : undefined);
  const signature = algorithmIdentifier('ecdsaWithSHA256');
  const tbsCertList: TBSCertList = {
    version,
    signature,
    issuer: parts.issuer ?? signer.subject,
    thisUpdate: timeOf(thisUpdate),
    ...(nextUpdate && { nextUpdate: timeOf(nextUpdate) }),
    ...(entriesDer && { revokedCertificates: entriesDer }),
    crlExtensions: [
      extension('cRLNumber', number),
      ...(base === undefined ? [] : [extension('deltaCRLIndicator', base, true)]),
      ...(scope ? [extension('issuingDistributionPoint', { ...everything, ...scope }, true)] : []),
      ...extensions,
    ],
  };
  const octets = sign('sha256', toDer(TBSCertList, tbsCertList), signer.key.privateKey);
  return toDer(CertificateList, {
    tbsCertList,
    signatureAlgorithm: outer ? algorithmIdentifier(outer) : signature,
    signature: Uint8Array.from(octets),
  });
}

/** Make a CRL and read it. */
export function crl(signer: Issued, parts: CrlParts = {}): Crl {
  return crlOf(makeCrl(signer, parts));
}

const everything: IssuingDistributionPoint = {
  onlyContainsUserCerts: false,
  onlyContainsCACerts: false,
  indirectCRL: false,
  onlyContainsAttributeCerts: false,
};
