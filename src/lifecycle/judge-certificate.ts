import { formatTime } from '../base/format-time.ts';
import { bytesEqual, toHex } from '../base/bytes.ts';
import { cut } from '../base/printable.ts';
import { toDer } from '../asn1/codec.ts';
import type { Judgement } from '../cmp/client/conversation.ts';
import type { CertTemplate } from '../cmp/message/cert-template.ts';
import type { Issued } from '../cmp/transaction/step.ts';
import { isSelfSignedCa } from '../cmp/protection/signer.ts';
import { configuredPki } from '../revocation/path-inputs.ts';
import { validatePath } from '../revocation/validate-path.ts';
import {
  certificateDer,
  type Certificate,
  type TBSCertificate,
  type Validity,
} from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { formatGeneralName } from '../x509/general-name-text.ts';
import { GeneralName, type GeneralNames } from '../x509/general-name.ts';
import { lifetimeOf, renewalTime, type Renewal } from './renewal-time.ts';
import { nameKey, sameName, type Name } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import { sameAlgorithm } from '../x509/algorithm-identifier.ts';
import { samePublicKey, type SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

/** What an issued certificate is believed on. */
export interface IssuedTrust {
  readonly roots: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  /** Roots may come with the answer: the profile says so, and a MAC protects it (RFC 9810 section 5.3.2). */
  readonly trustCapubs: boolean;
  /** Without roots, take the self-signed ones that came along (TS 33.310 clause 9; C7). */
  readonly firstUse: boolean;
  /** Of who signed the answer: a root among them was believed on first use. */
  readonly signerCerts?: readonly Certificate[];
  readonly allowLegacy: boolean;
  readonly at: Date;
  /** How far the CA's clock may be ahead of ours. */
  readonly timeToleranceSeconds: number;
  /** Another subject can be granted with modifications. */
  readonly mayRename: boolean;
  /** When it will be renewed. */
  readonly renewal: Renewal;
  /** The key is for decryption: it was asked for so. */
  readonly mayOnlyEncrypt?: boolean;
}

/** Far more than any gateway has; each is compared, kept and shown. */
const MAX_SUBJECT_ALT_NAMES = 500;

/**
 * Decide whether an issued certificate is ours and what was asked for: the public key equal, valid now,
 * its path to an anchor of the CA profile, the names as asked or, with grantedWithMods, shown. A subject
 * changes in no update, and no certificate comes past the moment of its own renewal.
 *
 * @see RFC 9483 section 4.1.1, RFC 4211 section 5
 */
export function judgeCertificate(
  issued: Issued,
  asked: CertTemplate,
  trust: IssuedTrust,
): Judgement {
  const { certificate, extraCerts, caPubs } = issued;
  const { subjectPublicKeyInfo, validity } = certificate.tbsCertificate;
  // That a key made by the CA fits the certificate was seen to when it was opened.
  const isOurs = issued.generated
    ? isPreferred(subjectPublicKeyInfo, asked.publicKey)
    : asked.publicKey && samePublicKey(subjectPublicKeyInfo, asked.publicKey);
  // C4: whoever has the other key would be us.
  if (!isOurs) {
    return refuse('its public key is not the one of the request', 'incorrectData');
  }
  const notBefore = validity.notBefore.value.getTime();
  const now = trust.at.getTime();
  // A CA whose clock is a little ahead issues certificates that begin in our future.
  const at = new Date(Math.max(now, Math.min(notBefore, now + trust.timeToleranceSeconds * 1000)));
  const verdict = validatePath({
    certificate,
    intermediates: [...extraCerts, ...trust.intermediates, ...caPubs],
    anchors: anchorsFor(issued, trust),
    at,
    policy: trust,
    limits: configuredPki,
  });
  // C5: a path to the anchors of the CA profile.
  if (verdict.type === 'invalid') return refuse(verdict.reasons[0].detail, 'incorrectData');
  const names = extensionValue(certificate.tbsCertificate.extensions, 'subjectAltName') ?? [];
  if (names.length > Math.max(MAX_SUBJECT_ALT_NAMES, wantedNames(asked).length)) {
    return refuse(
      `its subjectAltName has ${names.length} names, more than ${MAX_SUBJECT_ALT_NAMES}`,
      'badCertTemplate',
    );
  }
  const unusable = unusableFor(certificate.tbsCertificate, trust) ?? tooLate(validity, trust);
  if (unusable !== undefined) return refuse(unusable, 'badCertTemplate');
  const { subject } = certificate.tbsCertificate;
  if (!trust.mayRename && asked.subject && !sameName(subject, asked.subject)) {
    const change = renamed(subject, asked.subject);
    return refuse(`an update keeps the subject, but ${change}`, 'badCertTemplate');
  }
  const [contradiction] = contradictions(certificate, asked);
  // C5: names as asked for, unless grantedWithMods says otherwise.
  if (contradiction !== undefined && issued.status.status === 'accepted') {
    return refuse(`the CA says "accepted", but ${contradiction}`, 'badCertTemplate');
  }
  const { anchor } = verdict;
  const isKnown = trust.roots.some((root) =>
    bytesEqual(certificateDer(root), certificateDer(anchor)),
  );
  return { type: 'accept', chain: verdict.path.slice(1), ...(!isKnown && { anchor }) };
}

/** B15: the algorithm that was asked for, if one was. */
function isPreferred(
  { algorithm }: SubjectPublicKeyInfo,
  asked: SubjectPublicKeyInfo | undefined,
): boolean {
  return !asked || sameAlgorithm(algorithm, asked.algorithm);
}

/** Certificates of a message are anchors only where the CA profile says so (C6, C7, C16). */
function anchorsFor(
  { extraCerts, caPubs, isUnderMac }: Issued,
  { roots, trustCapubs, firstUse, signerCerts = [] }: IssuedTrust,
): readonly Certificate[] {
  // C7: trust on first use.
  if (firstUse && roots.length === 0) {
    // One root vouches for answer and certificate.
    const ofSigner = signerCerts.filter(isSelfSignedCa);
    return ofSigner.length > 0 ? ofSigner : [...extraCerts, ...caPubs].filter(isSelfSignedCa);
  }
  // C6, C16: caPubs are no anchors otherwise; not those of a signed answer, even where a request under a MAC has one.
  return trustCapubs && isUnderMac ? [...roots, ...caPubs] : roots;
}

/** Say in words where a certificate goes against what was asked for: only grantedWithMods may. */
export function contradictions(certificate: Certificate, asked: CertTemplate): readonly string[] {
  const { subject, extensions } = certificate.tbsCertificate;
  const wanted = wantedNames(asked);
  const given = extensionValue(extensions, 'subjectAltName') ?? [];
  return [
    ...(asked.subject && !sameName(subject, asked.subject)
      ? [renamed(subject, asked.subject)]
      : []),
    ...listed(without(wanted, given), (name) => `its subjectAltName lacks ${name}`),
    ...(wanted.length > 0 ? listed(without(given, wanted), unasked) : []),
  ];
}

/** Say what a CA added where nothing was asked for: it may, and whoever reads on should know. */
export function additions({ tbsCertificate }: Certificate, asked: CertTemplate): readonly string[] {
  if (wantedNames(asked).length > 0) return [];
  return listed(extensionValue(tbsCertificate.extensions, 'subjectAltName') ?? [], unasked);
}

function wantedNames({ extensions }: CertTemplate): GeneralNames {
  return extensionValue(extensions, 'subjectAltName', 'strictly') ?? [];
}

function renamed(subject: Name, asked: Name): string {
  return `its subject is ${quoteName(subject)}, asked was ${quoteName(asked)}`;
}

function unasked(name: string): string {
  return `its subjectAltName has ${name}, which was not asked for`;
}

const MAX_LISTED = 20;
const MAX_NAME_CHARACTERS = 300;

function listed(names: GeneralNames, say: (name: string) => string): readonly string[] {
  const said = names
    .slice(0, MAX_LISTED)
    .map((name) => say(cut(formatGeneralName(name), MAX_NAME_CHARACTERS)));
  const more = names.length - said.length;
  return more > 0 ? [...said, say(`${more} names more`)] : said;
}

function without(names: GeneralNames, others: GeneralNames): GeneralNames {
  const known = new Set(others.map(generalNameKey));
  return names.filter((name) => !known.has(generalNameKey(name)));
}

/** Give a text that two names have in common exactly when they are the same. */
function generalNameKey(name: GeneralName): string {
  switch (name.type) {
    case 'directoryName':
      return `${name.type} ${nameKey(name.value)}`;
    case 'dNSName':
      return `${name.type} ${name.value.toLowerCase()}`;
    default:
      return `${name.type} ${toHex(toDer(GeneralName, name))}`;
  }
}

/** Past the moment of its own renewal, when it would be renewed at once, and again and again. */
function tooLate(
  validity: Validity,
  { renewal: { which, days }, at: now }: IssuedTrust,
): string | undefined {
  const lifetime = lifetimeOf(validity);
  const { at } = renewalTime(lifetime, which, days);
  if (now < at) return undefined;
  return `it should be renewed already: it would be due since ${formatTime(at)}, and ends on ${formatTime(lifetime.notAfter)}`;
}

/** What nobody asked for and nobody can use: a CA certificate, or one that cannot sign its own renewal. */
function unusableFor(
  { extensions }: TBSCertificate,
  { mayOnlyEncrypt }: IssuedTrust,
): string | undefined {
  if (extensionValue(extensions, 'basicConstraints')?.cA) return 'it is the certificate of a CA';
  if (mayOnlyEncrypt) return undefined;
  if (extensionValue(extensions, 'keyUsage')?.includes('digitalSignature') === false) {
    return 'its keyUsage does not allow digitalSignature, so it could never be renewed';
  }
  return undefined;
}

function refuse(reason: string, failInfo: 'incorrectData' | 'badCertTemplate'): Judgement {
  return { type: 'refuse', reason, failInfo };
}
