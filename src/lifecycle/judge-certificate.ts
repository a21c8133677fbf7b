import { bytesEqual } from '../base/bytes.ts';
import { toDer } from '../asn1/codec.ts';
import type { Judgement } from '../cmp/client/conversation.ts';
import type { CertTemplate } from '../cmp/message/cert-template.ts';
import type { Issued } from '../cmp/transaction/enrollment.ts';
import { checkPath } from '../revocation/path.ts';
import type { Certificate, TBSCertificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { formatGeneralName } from '../x509/general-name-text.ts';
import { GeneralName } from '../x509/general-name.ts';
import { sameName } from '../x509/name.ts';
import { formatName } from '../x509/name-text.ts';
import { samePublicKey } from '../x509/subject-public-key-info.ts';

/** What an issued certificate is believed on. */
export interface IssuedTrust {
  readonly roots: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  /** Roots may come with the answer: the profile says so, and a MAC protects it (RFC 9810 section 5.3.2). */
  readonly trustCapubs: boolean;
  readonly allowLegacy: boolean;
  readonly at: Date;
  /** How far the CA's clock may be ahead of ours. */
  readonly timeToleranceSeconds: number;
}

/**
 * Decide whether an issued certificate is ours and what was asked for: the public key equal, valid now,
 * its path to an anchor of the CA profile, the names as asked or, with grantedWithMods, shown.
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
  if (!asked.publicKey || !samePublicKey(subjectPublicKeyInfo, asked.publicKey)) {
    return refuse('its public key is not the one of the request', 'incorrectData');
  }
  const notBefore = validity.notBefore.value.getTime();
  const now = trust.at.getTime();
  // A CA whose clock is a little ahead issues certificates that begin in our future.
  const at = new Date(Math.max(now, Math.min(notBefore, now + trust.timeToleranceSeconds * 1000)));
  const verdict = checkPath({
    certificate,
    intermediates: [...extraCerts, ...trust.intermediates, ...caPubs],
    anchors: trust.trustCapubs ? [...trust.roots, ...caPubs] : trust.roots,
    at,
    policy: trust,
  });
  if (verdict.type === 'invalid') return refuse(verdict.detail, 'incorrectData');
  const unusable = unusableFor(certificate.tbsCertificate);
  if (unusable !== undefined) return refuse(unusable, 'badCertTemplate');
  const [difference] = differences(certificate, asked);
  if (difference !== undefined && issued.status.status === 'accepted') {
    return refuse(`the CA says "accepted", but ${difference}`, 'badCertTemplate');
  }
  return { type: 'accept', chain: verdict.path.slice(1), anchor: verdict.anchor };
}

/** Say in words where a certificate's names are not those asked for. */
export function differences(
  { tbsCertificate }: Certificate,
  asked: CertTemplate,
): readonly string[] {
  const found: string[] = [];
  const { subject } = tbsCertificate;
  if (asked.subject && !sameName(subject, asked.subject)) {
    found.push(`its subject is "${formatName(subject)}", asked was "${formatName(asked.subject)}"`);
  }
  // A CA may add names where none were asked for; it may not replace or extend those that were.
  const wanted = extensionValue(asked.extensions, 'subjectAltName', 'strictly') ?? [];
  const given = extensionValue(tbsCertificate.extensions, 'subjectAltName') ?? [];
  for (const name of wanted) {
    if (!given.some((other) => sameGeneralName(name, other))) {
      found.push(`its subjectAltName lacks ${formatGeneralName(name)}`);
    }
  }
  if (wanted.length === 0) return found;
  for (const name of given) {
    if (!wanted.some((other) => sameGeneralName(name, other))) {
      found.push(`its subjectAltName has ${formatGeneralName(name)}, which was not asked for`);
    }
  }
  return found;
}

/** What nobody asked for and nobody can use: a CA certificate, or one that cannot sign its own renewal. */
function unusableFor({ extensions }: TBSCertificate): string | undefined {
  if (extensionValue(extensions, 'basicConstraints')?.cA) return 'it is the certificate of a CA';
  if (extensionValue(extensions, 'keyUsage')?.includes('digitalSignature') === false) {
    return 'its keyUsage does not allow digitalSignature, so it could never be renewed';
  }
  return undefined;
}

function sameGeneralName(a: GeneralName, b: GeneralName): boolean {
  if (a.type === 'directoryName' && b.type === 'directoryName') return sameName(a.value, b.value);
  if (a.type === 'dNSName' && b.type === 'dNSName') {
    return a.value.toLowerCase() === b.value.toLowerCase();
  }
  return bytesEqual(toDer(GeneralName, a), toDer(GeneralName, b));
}

function refuse(reason: string, failInfo: 'incorrectData' | 'badCertTemplate'): Judgement {
  return { type: 'refuse', reason, failInfo };
}
