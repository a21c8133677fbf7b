import { bytesEqual, toHex } from '../base/bytes.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { utf8String } from '../asn1/strings.ts';
import { assertKeyAllowed, describeKey } from '../crypto/public-key.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import type { Extension } from '../x509/extension.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { GeneralNames } from '../x509/general-name.ts';
import { isNullDn, sameName, type Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { Knowledge, Sender } from './authenticate.ts';
import type { Authorities } from './authority.ts';
import { checkProof } from './check-proof.ts';
import { generatedFor } from './generated-key.ts';
import type { LabSettings } from './lab-settings.ts';
import type { CertOperation, LabCertificate } from './ledger-records.ts';
import { isRefusal, refusal, type Refusal } from './refusal.ts';
import { wantedIn, type RequestBody, type Wanted } from './wanted.ts';

/** A request that may be granted. */
export interface Acceptable extends Wanted {
  readonly subject: NonNullable<Wanted['subject']>;
  /** The certificate it updates. */
  readonly old?: LabCertificate;
}

/**
 * Check a request for a certificate against RFC 9483 sections 4.1.1 to 4.1.4 and 5.1.1. What is wrong is
 * reported as ip, cp or kup with a rejection.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED, CMP_ALGORITHM_UNSUPPORTED
 */
export async function checkRequest(
  body: RequestBody,
  sender: Sender,
  knowledge: Knowledge,
): Promise<Acceptable | Refusal> {
  const { authorities, settings } = knowledge;
  const wanted = wantedIn(body, await generatedFor(body, sender, settings));
  if (isRefusal(wanted)) return wanted;
  const policy = { allowLegacy: settings.legacyAlgorithms };
  // Encoded anew: inside a template the key's own octets begin with another tag.
  assertKeyAllowed(
    toDer(SubjectPublicKeyInfo, wanted.publicKey),
    policy,
    'CMP_ALGORITHM_UNSUPPORTED',
  );
  const problem =
    checkKeyType(wanted.publicKey, settings) ??
    checkProof(wanted, sender, policy.allowLegacy, settings.layout) ??
    checkExtensions(wanted.extensions) ??
    checkControls(body.type, wanted, settings);
  if (problem) return problem;
  if (wanted.issuer && !isIssuerAllowed(wanted.issuer, sender, authorities)) {
    return refusal('wrongAuthority', 'The issuer asked for is not a CA of this lab');
  }
  if (body.type === 'kur') return checkUpdate(wanted, sender, knowledge);
  const subject = wanted.subject ?? vendorSubject(sender, settings);
  if (!subject) return refusal('badCertTemplate', 'certTemplate has no subject');
  if (isNullDn(subject) && !extensionValue(wanted.extensions, 'subjectAltName', 'strictly')) {
    return refusal('badCertTemplate', 'certTemplate has neither a subject nor a subjectAltName');
  }
  return { ...wanted, subject };
}

/** TS 33.310 clause 9.5.4.2: a device that knows no name of its own gets that of its vendor certificate. */
function vendorSubject(sender: Sender, { layout }: LabSettings): Name | undefined {
  const isVendors = sender.type === 'signature' && !sender.issued;
  return layout === '3gpp' && isVendors ? sender.certificate.tbsCertificate.subject : undefined;
}

function checkKeyType(key: SubjectPublicKeyInfo, { keySpecs }: LabSettings): Refusal | undefined {
  if (keySpecs.length === 0) return undefined;
  const { keyType } = describeKey(toDer(SubjectPublicKeyInfo, key));
  if (keySpecs.some((one) => one === keyType)) return undefined;
  return refusal('badCertTemplate', `Keys of type ${keyType} are not certified here`);
}

/** RFC 4211 sections 6.1 and 6.2, where the lab is set to ask for them. */
function checkControls(
  operation: CertOperation,
  { controls }: Wanted,
  settings: LabSettings,
): Refusal | undefined {
  if (operation !== 'ir' && operation !== 'cr') return undefined;
  for (const name of ['regToken', 'authenticator'] as const) {
    const expected = settings[name];
    if (expected === undefined) continue;
    const control = controls.find(({ type }) => type === oids[name]);
    if (!control) return refusal('notAuthorized', `The control ${name} is missing`);
    if (fromDer(utf8String, control.value) !== expected) {
      return refusal('notAuthorized', `The control ${name} is not the expected one`);
    }
  }
  return undefined;
}

/** OpenSSL fills in the issuer of the certificate it signs with, even if that is a vendor's. */
function isIssuerAllowed(issuer: Name, sender: Sender, { issuing }: Authorities): boolean {
  if (sameName(issuer, issuing.certificate.tbsCertificate.subject)) return true;
  return sender.type === 'signature' && sameName(issuer, sender.certificate.tbsCertificate.issuer);
}

const issuable: ReadonlySet<string> = new Set([
  oids.subjectAltName,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.certificatePolicies,
  oids.basicConstraints,
  oids.subjectKeyIdentifier,
]);

/** status_request and status_request_v2: what a TLS feature may say is promised here (RFC 7633 section 4.1). */
const stapled: ReadonlySet<number> = new Set([5, 17]);

/** Tell whether an extension asked for is one the lab puts into certificates. */
export function isIssuable(asked: Extension): boolean {
  if (asked.extnID !== oids.tlsFeature) return issuable.has(asked.extnID);
  const features = extensionValue([asked], 'tlsFeature', 'strictly') ?? [];
  return features.every((feature) => stapled.has(feature));
}

function isAuthoritys(usage: Oid): boolean {
  return [oids.cmcCA, oids.cmcRA, oids.cmKGA].some((one) => one === usage);
}

const decoded = [
  'subjectAltName',
  'certificatePolicies',
  'subjectKeyIdentifier',
  'tlsFeature',
] as const;

function checkExtensions(extensions: readonly Extension[]): Refusal | undefined {
  const ids = extensions.map(({ extnID }) => extnID);
  if (new Set(ids).size !== ids.length) {
    return refusal('badCertTemplate', 'certTemplate has one extension twice');
  }
  if (extensionValue(extensions, 'basicConstraints', 'strictly')?.cA) {
    return refusal('badCertTemplate', 'This lab certifies no CAs');
  }
  const usage = extensionValue(extensions, 'keyUsage', 'strictly') ?? [];
  if (usage.includes('keyCertSign') || usage.includes('cRLSign')) {
    return refusal('badCertTemplate', 'This lab certifies no keys that sign certificates or CRLs');
  }
  // RFC 9810 section 8.10: with one of these a client could speak for the CA.
  const authority = extensionValue(extensions, 'extKeyUsage', 'strictly')?.find(isAuthoritys);
  if (authority !== undefined) {
    return refusal('notAuthorized', `The extended key usage ${oidName(authority)} is not for you`);
  }
  // Decoded to see that they are what they say; an unreadable one must not get into a certificate.
  for (const name of decoded) extensionValue(extensions, name, 'strictly');
  const unknown = extensions.find((extension) => extension.critical && !isIssuable(extension));
  if (!unknown) return undefined;
  return refusal('unacceptedExtension', `Extension ${oidName(unknown.extnID)} is not issued here`);
}

/** RFC 9483 section 4.1.3: signed with the certificate to be updated, for the same subject. */
function checkUpdate(
  wanted: Wanted,
  sender: Sender,
  { settings, authorities }: Knowledge,
): Acceptable | Refusal {
  if (sender.type === 'mac') {
    return refusal('wrongIntegrity', 'kur is signed with the certificate to be updated');
  }
  const old = sender.issued;
  if (!old) return refusal('badCertId', 'The signer is not a certificate this lab issued');
  if (old.status === 'superseded' && settings.superseded === 'refuse') {
    return refusal('badCertId', `The certificate ${old.serial} was updated before`);
  }
  const { oldCertID } = wanted;
  if (oldCertID) {
    const ours = authorities.issuing.certificate.tbsCertificate.subject;
    const { issuer, serialNumber } = oldCertID;
    if (issuer.type !== 'directoryName' || !sameName(issuer.value, ours)) {
      return refusal('wrongAuthority', 'oldCertID names another issuer');
    }
    if (serialNumber !== decodeCertificate(old.der).tbsCertificate.serialNumber) {
      return refusal('badCertId', 'oldCertID is not the certificate kur is signed with');
    }
  }
  return unchanged(wanted, decodeCertificate(old.der), old);
}

function unchanged(
  wanted: Wanted,
  { tbsCertificate }: Certificate,
  old: LabCertificate,
): Acceptable | Refusal {
  const { subject = tbsCertificate.subject } = wanted;
  if (!sameName(subject, tbsCertificate.subject)) {
    return refusal('badCertTemplate', 'kur has another subject than the certificate it updates');
  }
  const oldNames = tbsCertificate.extensions?.find(({ extnID }) => extnID === oids.subjectAltName);
  const newNames = wanted.extensions.find(({ extnID }) => extnID === oids.subjectAltName);
  if (!newNames) {
    const kept = oldNames ? [...wanted.extensions, oldNames] : wanted.extensions;
    return { ...wanted, subject, old, extensions: kept };
  }
  if (!oldNames || !sameNames(newNames, oldNames)) {
    return refusal(
      'badCertTemplate',
      'kur has another subjectAltName than the certificate it updates',
    );
  }
  return { ...wanted, subject, old };
}

function sameNames(a: Extension, b: Extension): boolean {
  return bytesEqual(a.extnValue, b.extnValue) || sortedNames(a) === sortedNames(b);
}

function sortedNames({ extnValue }: Extension): string {
  return fromDer(GeneralNames, extnValue)
    .map((name) => toHex(toDer(GeneralNames, [name])))
    .toSorted()
    .join(' ');
}

/** Tell which body answers a request. */
export function responseTypeOf(operation: CertOperation): 'ip' | 'cp' | 'kup' {
  switch (operation) {
    case 'ir':
      return 'ip';
    case 'cr':
    case 'p10cr':
      return 'cp';
    case 'kur':
      return 'kup';
  }
}
