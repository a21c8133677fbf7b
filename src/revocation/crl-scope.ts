import { bytesEqual } from '../base/bytes.ts';
import { toDer } from '../asn1/codec.ts';
import type { Certificate } from '../x509/certificate.ts';
import {
  reasonFlags,
  type DistributionPoint,
  type DistributionPointName,
  type ReasonFlag,
} from '../x509/distribution-point.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { GeneralName } from '../x509/general-name.ts';
import { sameName, type Name } from '../x509/name.ts';
import type { Crl } from './crl.ts';

/** Reasons as bits; `good` needs all of them (RFC 5280 section 6.3.3 (e)). */
export type ReasonMask = number;

/** What a CRL can be limited to: every bit that is used. */
const reasons = reasonFlags.filter((flag) => flag !== 'unused');

/** Every reason there is. */
export const allReasons: ReasonMask = (1 << reasons.length) - 1;

/** Say which reasons flags stand for; absent, they stand for all. */
export function reasonMask(flags: readonly ReasonFlag[] | undefined): ReasonMask {
  if (!flags) return allReasons;
  return reasons.reduce((mask, flag, bit) => (flags.includes(flag) ? mask | (1 << bit) : mask), 0);
}

/** List the reasons of a mask that are missing, for a message. */
export function missingReasons(mask: ReasonMask): string {
  return reasons.filter((_, bit) => (mask & (1 << bit)) === 0).join(', ');
}

/**
 * List the distribution points of a certificate, and behind them the one that is assumed for the other CRLs of its
 * issuer: the issuer's name, all reasons (RFC 5280 section 6.3.3, the end).
 *
 * @throws {CertError} DER_MALFORMED
 */
export function pointsOf({ tbsCertificate }: Certificate): readonly DistributionPoint[] {
  const { extensions, issuer } = tbsCertificate;
  const named = extensionValue(extensions, 'cRLDistributionPoints') ?? [];
  const value = [{ type: 'directoryName', value: issuer } as const];
  return [...named, { distributionPoint: { type: 'fullName', value } }];
}

/**
 * Tell whether a CRL, or the complete CRL of a delta, is one of a distribution point's, by whom it names as its issuer
 * (RFC 5280 section 6.3.3 (b) (1)).
 */
export function isOfIssuer(crl: Crl, certificate: Certificate, point: DistributionPoint): boolean {
  const { cRLIssuer } = point;
  if (!cRLIssuer) return sameName(crl.issuer, certificate.tbsCertificate.issuer);
  return (
    crl.scope?.indirectCRL === true &&
    cRLIssuer.some((name) => name.type === 'directoryName' && sameName(name.value, crl.issuer))
  );
}

/**
 * Say why a CRL does not cover a certificate by way of a distribution point (RFC 5280 section 6.3.3 (b) (2));
 * undefined when it does. Lower case, no final period.
 *
 * @throws {CertError} DER_MALFORMED when basicConstraints does not decode
 */
export function outsideScope(
  { scope, issuer }: Crl,
  certificate: Certificate,
  point: DistributionPoint,
): string | undefined {
  if (!scope) return undefined;
  if (scope.onlyContainsAttributeCerts) return 'it is for attribute certificates only';
  const isCa =
    extensionValue(certificate.tbsCertificate.extensions, 'basicConstraints')?.cA === true;
  if (scope.onlyContainsUserCerts && isCa) return 'it is for certificates of end entities only';
  if (scope.onlyContainsCACerts && !isCa) return 'it is for certificates of CAs only';
  if (!scope.distributionPoint) return undefined;
  const ofCrl = namesOf(scope.distributionPoint, issuer);
  const ofPoint = point.distributionPoint
    ? namesOf(point.distributionPoint, crlIssuerOf(point, certificate))
    : (point.cRLIssuer ?? []);
  return ofCrl.some((name) => ofPoint.some((other) => isSameGeneralName(name, other)))
    ? undefined
    : 'it is for another distribution point';
}

function crlIssuerOf({ cRLIssuer = [] }: DistributionPoint, certificate: Certificate): Name {
  const named = cRLIssuer.find((name) => name.type === 'directoryName');
  return named?.value ?? certificate.tbsCertificate.issuer;
}

function namesOf(name: DistributionPointName, issuer: Name): readonly GeneralName[] {
  if (name.type === 'fullName') return name.value;
  return [{ type: 'directoryName', value: { rdns: [...issuer.rdns, name.value] } }];
}

function isSameGeneralName(a: GeneralName, b: GeneralName): boolean {
  if (a.type === 'directoryName' && b.type === 'directoryName') return sameName(a.value, b.value);
  if (a.type === 'dNSName' && b.type === 'dNSName') {
    return a.value.toLowerCase() === b.value.toLowerCase();
  }
  return a.type === b.type && bytesEqual(toDer(GeneralName, a), toDer(GeneralName, b));
}
