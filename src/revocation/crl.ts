import { bytesEqual, toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { digest } from '../crypto/digest.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { decodeCertificateList, type CertificateList } from '../x509/certificate-list.ts';
import type {
  CRLDistributionPoints,
  IssuingDistributionPoint,
} from '../x509/distribution-point.ts';
import type { Extensions } from '../x509/extension.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { nameKey, type Name } from '../x509/name.ts';
import { indexEntries, type CrlIndex } from './crl-index.ts';

/** A CRL that was read: what its extensions say, and its entries to be looked up. Not verified by that. */
export interface Crl {
  readonly list: CertificateList;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  readonly index: CrlIndex;
  readonly crlNumber?: bigint;
  /** Of a delta CRL: the number of the complete CRL it builds on. */
  readonly baseCrlNumber?: bigint;
  /** The part it covers; absent when that is all of its issuer. */
  readonly scope?: IssuingDistributionPoint;
  /** keyIdentifier of authorityKeyIdentifier. */
  readonly keyIdentifier?: Uint8Array;
  /** Where its deltas are. */
  readonly freshestCRL?: CRLDistributionPoints;
  /** What keeps it from saying that a certificate is good: a critical extension that is not processed. */
  readonly unprocessed?: string;
}

/** What came of reading a CRL. */
export type CrlReading =
  | { readonly type: 'crl'; readonly crl: Crl }
  /** Lower case, no final period. */
  | { readonly type: 'malformed'; readonly detail: string };

// RFC 5280 section 5.2; what of these constrains is obeyed.
const processed: ReadonlySet<Oid> = new Set([
  oids.authorityKeyIdentifier,
  oids.issuerAltName,
  oids.cRLNumber,
  oids.deltaCRLIndicator,
  oids.issuingDistributionPoint,
  oids.freshestCRL,
  oids.authorityInfoAccess,
]);

/**
 * Read a CRL, once over its octets, which are kept and not copied. Whatever they are, this does not throw.
 *
 * @param octets DER of a CertificateList
 */
export function readCrl(octets: Uint8Array): CrlReading {
  try {
    return indexCrl(decodeCertificateList(octets));
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return malformed(error.message);
    throw error;
  }
}

/**
 * Index a CRL that was decoded.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function indexCrl(list: CertificateList): CrlReading {
  const { tbsCertList, signatureAlgorithm } = list;
  const { issuer, thisUpdate, nextUpdate, crlExtensions } = tbsCertList;
  const flaw = flawIn(list);
  if (flaw !== undefined) return malformed(flaw);
  // RFC 5280 section 5.1.1.2; exactly, since the outer one is not signed.
  const inner = toDer(AlgorithmIdentifier, tbsCertList.signature);
  if (!bytesEqual(inner, toDer(AlgorithmIdentifier, signatureAlgorithm))) {
    return malformed('it names another signature algorithm inside than outside');
  }
  const index = indexEntries(tbsCertList.revokedCertificates);
  const crlNumber = extensionValue(crlExtensions, 'cRLNumber');
  const baseCrlNumber = extensionValue(crlExtensions, 'deltaCRLIndicator');
  const scope = extensionValue(crlExtensions, 'issuingDistributionPoint');
  if (scope && !isOneKind(scope))
    return malformed('its issuingDistributionPoint excludes everything');
  const keyIdentifier = extensionValue(crlExtensions, 'authorityKeyIdentifier')?.keyIdentifier;
  const freshestCRL = extensionValue(crlExtensions, 'freshestCRL');
  const unprocessed = unprocessedIn(crlExtensions, index, scope);
  return {
    type: 'crl',
    crl: {
      list,
      issuer,
      thisUpdate: thisUpdate.value,
      ...(nextUpdate && { nextUpdate: nextUpdate.value }),
      index,
      ...(crlNumber !== undefined && { crlNumber }),
      ...(baseCrlNumber !== undefined && { baseCrlNumber }),
      ...(scope && { scope }),
      ...(keyIdentifier && { keyIdentifier }),
      ...(freshestCRL && { freshestCRL }),
      ...(unprocessed !== undefined && { unprocessed }),
    },
  };
}

/**
 * Tell whether a CRL may take the place of one that is held of the same identity: never one with a lower number, or an
 * earlier one without numbers, which would be a way back to before a revocation (RFC 5280 section 5.2.3).
 */
export function isNewer(
  candidate: Pick<Crl, 'crlNumber' | 'thisUpdate'>,
  held: Pick<Crl, 'crlNumber' | 'thisUpdate'>,
): boolean {
  if (candidate.crlNumber !== undefined && held.crlNumber !== undefined) {
    if (candidate.crlNumber !== held.crlNumber) return candidate.crlNumber > held.crlNumber;
  }
  return candidate.thisUpdate > held.thisUpdate;
}

/**
 * Name what a verified CRL is one of a row of: issuer, key that signed it, part, and whether it is complete or a delta. A
 * delta is numbered ahead of its base, and a CA with a new key may begin again.
 */
export function crlIdentity({ issuer, baseCrlNumber, list }: Crl, signer: Certificate): string {
  const kind = baseCrlNumber === undefined ? 'complete' : 'delta';
  return identityOf(issuer, signer, scopeOctets(list), kind);
}

/** Give the identity of the CRLs that a CA signs itself, with this key, about everything it has issued. */
export function wholeCrlIdentity(ca: Certificate): string {
  return identityOf(ca.tbsCertificate.subject, ca, new Uint8Array(), 'complete');
}

function identityOf(
  issuer: Name,
  signer: Certificate,
  scope: Uint8Array,
  kind: 'complete' | 'delta',
): string {
  const { subjectPublicKey } = signer.tbsCertificate.subjectPublicKeyInfo;
  return JSON.stringify([
    nameKey(issuer),
    toHex(digest('sha256', subjectPublicKey)),
    toHex(scope),
    kind,
  ]);
}

/** Give the value of issuingDistributionPoint as it stands; empty when there is none. */
export function scopeOctets({ tbsCertList: { crlExtensions } }: CertificateList): Uint8Array {
  const found = crlExtensions?.find(({ extnID }) => extnID === oids.issuingDistributionPoint);
  return found?.extnValue ?? new Uint8Array();
}

function flawIn({ tbsCertList: { version, crlExtensions } }: CertificateList): string | undefined {
  // RFC 5280 section 5.1.2.1: 1 is v2, absent is v1.
  if (version !== undefined && version !== 1) return `version ${version} is not defined`;
  if (version === undefined && crlExtensions) return 'it has extensions, which need version 2';
  const seen = new Set(crlExtensions?.map(({ extnID }) => extnID));
  return seen.size < (crlExtensions?.length ?? 0) ? 'it has an extension twice' : undefined;
}

/** RFC 5280 section 5.2.5: of the three, one at the most. */
function isOneKind(scope: IssuingDistributionPoint): boolean {
  const { onlyContainsUserCerts, onlyContainsCACerts, onlyContainsAttributeCerts } = scope;
  const kinds = [onlyContainsUserCerts, onlyContainsCACerts, onlyContainsAttributeCerts];
  return kinds.filter(Boolean).length <= 1;
}

/** RFC 5280 sections 5.2 and 5.3: such a CRL MUST NOT be used to determine the status of certificates. */
function unprocessedIn(
  extensions: Extensions | undefined,
  { hasUnprocessed, issuerChanges }: CrlIndex,
  scope: IssuingDistributionPoint | undefined,
): string | undefined {
  const critical = extensions?.find((one) => one.critical && !processed.has(one.extnID));
  if (critical) return `it has critical extension "${oidName(critical.extnID)}"`;
  if (hasUnprocessed) return 'an entry has a critical extension that is not processed';
  // Section 5.3.3 has certificateIssuer critical, and in indirect CRLs only.
  if (issuerChanges.length > 0 && scope?.indirectCRL !== true) {
    return 'an entry names another issuer, and the CRL is not an indirect one';
  }
  return undefined;
}

function malformed(detail: string): { readonly type: 'malformed'; readonly detail: string } {
  return { type: 'malformed', detail };
}
