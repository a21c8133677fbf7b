import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import { bytesEqual } from '../../base/bytes.ts';
import { oids, type Oid } from '../../asn1/oids.ts';
import { verifySignature } from '../../crypto/signature.ts';
import { configuredPki } from '../../revocation/path-inputs.ts';
import { validatePath } from '../../revocation/validate-path.ts';
import { certificateDer, type Certificate } from '../../x509/certificate.ts';
import { findRevoked } from '../../x509/certificate-list.ts';
import type { Extensions } from '../../x509/extension.ts';
import { extensionValue } from '../../x509/extension-values.ts';
import { sameName, type Name } from '../../x509/name.ts';
import { quoteName } from '../../x509/name-text.ts';
import type { PKIMessage } from '../message/pki-message.ts';
import { receivedProtectedPart } from './protected-part.ts';
import type { Trust } from './trust.ts';

/** The certificate a message was signed with, and how it leads to an anchor. */
export interface Signer {
  readonly certificate: Certificate;
  /** Intermediates of the path found, nearest first; what a later message without extraCerts needs. */
  readonly path: readonly Certificate[];
}

/**
 * Candidates are certificates with the sender's name. A peer that sends more of them than this is
 * trying our patience: each costs a signature check and a path search.
 */
const MAX_SIGNER_CANDIDATES = 8;

/**
 * Find and judge the signer of a message: by name and senderKID among what came along and what is
 * configured, in any order; its signature over the received octets; its path to an anchor; its right to
 * speak for the CA.
 *
 * @param known certificates seen earlier in the transaction (RFC 9483 section 3.3)
 * @throws {CertError} CMP_PROTECTION_INVALID, CMP_SIGNER_UNTRUSTED, CMP_ALGORITHM_UNSUPPORTED
 * @see RFC 9483 sections 3.3 to 3.5
 */
export function verifySigner(
  message: PKIMessage,
  trust: Trust,
  known: readonly Certificate[],
  at: Date,
): Signer {
  const { header } = message;
  const { protectionAlg } = header;
  if (header.sender.type !== 'directoryName' || !protectionAlg || !message.protection) {
    throw new CertError(
      'CMP_PROTECTION_INVALID',
      `Cannot verify "${message.body.type}": its sender is a ${header.sender.type}, not a directoryName`,
    );
  }
  const sender = header.sender.value;
  // R9, R15: in any order, and those seen before.
  const offered = [...(message.extraCerts ?? []), ...known];
  const pool = trust.pinned
    ? [trust.pinned]
    : [...offered, ...trust.intermediates, ...trust.anchors];
  const candidates = distinct(pool)
    .filter((certificate) => mayHaveSigned(certificate, sender, header.senderKID))
    .slice(0, MAX_SIGNER_CANDIDATES);
  if (candidates.length === 0) {
    throw untrusted(
      sender,
      trust.pinned
        ? 'the pinned server certificate has another name or key identifier'
        : 'no certificate with that name and key identifier came with it or is configured',
    );
  }

  const part = receivedProtectedPart(message);
  const { protection } = message;
  let unsupported: CertError | undefined;
  const verifying = candidates.filter((certificate) => {
    try {
      // R6: over the octets received.
      return verifySignature({
        spki: certificate.tbsCertificate.subjectPublicKeyInfo,
        algorithm: protectionAlg,
        data: part,
        signature: protection,
        policy: trust,
      });
    } catch (error) {
      // A stray certificate with a key we cannot use must not hide the right one behind it.
      if (!(error instanceof CertError)) throw error;
      unsupported = error;
      return false;
    }
  });
  if (verifying.length === 0) {
    if (unsupported) throw unsupported;
    throw new CertError(
      'CMP_PROTECTION_INVALID',
      `Cannot verify "${message.body.type}" from ${quoteName(sender)}: the signature does not fit`,
    );
  }

  const refusals: string[] = [];
  for (const certificate of verifying) {
    const verdict = judgeSigner(certificate, { offered, known }, trust, at);
    if (typeof verdict !== 'string') return verdict;
    refusals.push(verdict);
  }
  throw untrusted(sender, refusals[0] ?? 'nothing speaks for it');
}

function judgeSigner(
  certificate: Certificate,
  { offered, known }: Record<'offered' | 'known', readonly Certificate[]>,
  trust: Trust,
  at: Date,
): Signer | string {
  const { extensions, validity } = certificate.tbsCertificate;
  const { pinned } = trust;
  if (pinned && bytesEqual(certificateDer(pinned), certificateDer(certificate))) {
    const isValid = validity.notBefore.value <= at && at <= validity.notAfter.value;
    // R10: pinned is not for ever.
    if (!isValid) return 'the pinned server certificate is not valid now';
    const why = forbiddance(extensions, trust) ?? revocation([certificate], trust);
    return why ?? { certificate, path: [] };
  }
  const isFirstUse = trust.firstUse === true && trust.anchors.length === 0;
  // The path first: it finds out whether the extensions can be read at all.
  const verdict = validatePath({
    certificate,
    intermediates: [...offered, ...trust.intermediates],
    anchors: isFirstUse ? firstAnchors(offered, known) : trust.anchors,
    at,
    policy: trust,
    limits: configuredPki,
  });
  // R10: a path to an anchor, valid now; what came along is never one.
  if (verdict.type === 'invalid') return verdict.reasons[0].detail;
  // R17: a revoked signer vouches for nothing.
  const forbidden = forbiddance(extensions, trust) ?? revocation(verdict.path, trust);
  if (forbidden !== undefined) return forbidden;
  // R11: any leaf below the anchor is not enough.
  if (!isAuthorised(certificate, trust, [...verdict.path.slice(1), verdict.anchor])) {
    return (
      'it is neither the CA nor carries the extended key usage cmcCA or cmcRA, ' +
      'and its name is not the expected sender'
    );
  }
  const path = verdict.path.slice(1);
  // Until the root is an anchor, what was believed on first use goes with the transaction.
  return { certificate, path: isFirstUse ? [...path, verdict.anchor] : path };
}

/** Once somebody was believed on first use, nobody else is through the rest of the transaction. */
function firstAnchors(
  offered: readonly Certificate[],
  known: readonly Certificate[],
): readonly Certificate[] {
  const first = known.filter(isSelfSignedCa);
  return first.length > 0 ? first : offered.filter(isSelfSignedCa);
}

/** Tell whether a certificate is a root by its own account: what TS 33.310 lets a first answer bring. */
export function isSelfSignedCa({ tbsCertificate }: Certificate): boolean {
  const { subject, issuer, extensions } = tbsCertificate;
  return sameName(subject, issuer) && extensionValue(extensions, 'basicConstraints')?.cA === true;
}

/**
 * Say who on the path is revoked, as far as the CRLs that are here tell (R17). What no CRL tells is no reason: RFC
 * 9483 section 3.5 has the check as a SHOULD.
 */
function revocation(path: readonly Certificate[], { crls = [] }: Trust): string | undefined {
  for (const { tbsCertificate } of path) {
    const { issuer, serialNumber, subject } = tbsCertificate;
    for (const list of crls) {
      if (!sameName(list.tbsCertList.issuer, issuer)) continue;
      const revoked = findRevoked(list, serialNumber);
      if (!revoked) continue;
      return `${quoteName(subject)} was revoked at ${formatTime(revoked.revocationDate.value)}`;
    }
  }
  return undefined;
}

/** Say what in a certificate forbids it to sign for a CA; what is absent forbids nothing (RFC 9483 section 3.5). */
function forbiddance(
  extensions: Extensions | undefined,
  { ignoreKeyUsage }: Trust,
): string | undefined {
  const mayNotSign = extensionValue(extensions, 'keyUsage')?.includes('digitalSignature') === false;
  // R10: where there is a keyUsage, it allows digitalSignature.
  if (mayNotSign && ignoreKeyUsage !== true) {
    return 'its keyUsage does not allow digitalSignature';
  }
  const isCritical = extensions?.some(
    ({ extnID, critical }) => extnID === oids.extKeyUsage && critical,
  );
  // RFC 5280 section 4.2.1.12: a critical one confines the key to what it names.
  if (isCritical && !usagesOf(extensions).some((usage) => cmpUsages.has(usage))) {
    return 'its critical extended key usage is for something else';
  }
  return undefined;
}

const cmpUsages = new Set<Oid>([oids.cmcCA, oids.cmcRA, oids.anyExtendedKeyUsage]);

function usagesOf(extensions: Extensions | undefined): readonly Oid[] {
  return extensionValue(extensions, 'extKeyUsage') ?? [];
}

/** RFC 9483 section 3.4: being any leaf below the anchor is not enough. */
function isAuthorised(
  certificate: Certificate,
  trust: Trust,
  issuers: readonly Certificate[],
): boolean {
  const { extensions, subject, issuer } = certificate.tbsCertificate;
  const { expectedSender, authority } = trust;
  if (trust.anchorsAreDedicated) return true;
  if (expectedSender && sameName(subject, expectedSender)) return true;
  if (extensionValue(extensions, 'basicConstraints')?.cA) {
    return (authority === undefined || sameName(subject, authority)) && mayBeCa(issuers);
  }
  const usages = usagesOf(extensions);
  const isRa = usages.includes(oids.cmcCA) || usages.includes(oids.cmcRA);
  return isRa && (authority === undefined || sameName(issuer, authority));
}

/**
 * Tell whether the issuers above a signer allow it to be a CA: at the end of a path a pathLenConstraint does
 * not count the certificate itself (RFC 5280 section 4.2.1.9), as a CA it does.
 */
function mayBeCa(issuers: readonly Certificate[]): boolean {
  return issuers.every(({ tbsCertificate }, below) => {
    const constraints = extensionValue(tbsCertificate.extensions, 'basicConstraints');
    return (constraints?.pathLenConstraint ?? Infinity) > below;
  });
}

function mayHaveSigned(
  { tbsCertificate: { subject, extensions } }: Certificate,
  sender: Name,
  senderKID: Uint8Array | undefined,
): boolean {
  // R9, R10: the sender is the subject of the signer.
  if (!sameName(subject, sender)) return false;
  if (!senderKID) return true;
  try {
    const keyIdentifier = extensionValue(extensions, 'subjectKeyIdentifier');
    // R18: senderKID, when present, is the SKI of the signer, if that has one.
    return keyIdentifier === undefined || bytesEqual(keyIdentifier, senderKID);
  } catch (error) {
    // Anyone can send a damaged certificate of that name along: it is not the one.
    if (error instanceof CertError && error.code !== 'INTERNAL') return false;
    throw error;
  }
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  const seen = new Map<string, Certificate>();
  for (const certificate of certificates) {
    const key = Buffer.from(certificateDer(certificate)).toString('latin1');
    if (!seen.has(key)) seen.set(key, certificate);
  }
  return [...seen.values()];
}

function untrusted(sender: Name, why: string): CertError {
  return new CertError(
    'CMP_SIGNER_UNTRUSTED',
    `Cannot trust the signer ${quoteName(sender)} of the message: ${why}`,
    {
      hint: 'Give the CA profile the anchor of its CMP signer ("cmp-root"), its certificate ("server-cert") or its name ("expected-sender")',
    },
  );
}
