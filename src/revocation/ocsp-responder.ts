import { bytesEqual, toHex } from '../base/bytes.ts';
import { rawOf } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { sameName } from '../x509/name.ts';
import { quoteName } from '../x509/name-text.ts';
import type { BasicOCSPResponse, ResponderID } from '../x509/ocsp-response.ts';
import { isSameEntity } from './crl-signer.ts';
import { keyHash } from './ocsp-cert-id.ts';
import { issuedBy, responderFlaw, rootAbove, type Checks } from './ocsp-chain.ts';
import {
  MAX_EMBEDDED_CERTIFICATES,
  MAX_SIGNATURE_CHECKS,
  type OcspNote,
  type OcspRules,
  type ResponderRules,
} from './ocsp-rules.ts';
import { isSignedBy } from './signed-by.ts';
import { unavailable, type Unavailable } from './verdict.ts';

/** Who signed a response and may. */
export interface AuthorisedResponder {
  readonly type: 'authorised';
  readonly certificate: Certificate;
  readonly notes: readonly OcspNote[];
}

/** What speaks for a certificate that matches the ResponderID; or a text, why nothing does. */
type Judgement = { readonly notes: readonly OcspNote[] } | string;

/**
 * Find who signed a response: authorised for the issuer of the certificate in question (RFC 6960 section 4.2.2.2), and
 * its key fits the octets received.
 *
 * @param issuer of the certificate in question
 */
export function findResponder(
  response: BasicOCSPResponse,
  issuer: Certificate,
  rules: OcspRules,
  at: Date,
): AuthorisedResponder | Unavailable {
  const { tbsResponseData, certs = [] } = response;
  if (certs.length > MAX_EMBEDDED_CERTIFICATES) {
    const most = MAX_EMBEDDED_CERTIFICATES;
    return unavailable('too-large', `${certs.length} certificates came along, ${most} at the most`);
  }
  const { responderID } = tbsResponseData;
  const { responders, policy } = rules;
  const checks: Checks = {
    policy,
    at,
    clockSkewSeconds: rules.clockSkewSeconds,
    left: MAX_SIGNATURE_CHECKS,
  };
  const candidates = candidatesOf(responders, issuer, certs).filter((certificate) =>
    isNamed(certificate, responderID),
  );
  const name = responderName(responderID);
  if (candidates.length === 0) {
    return unauthorized(`there is no certificate of the responder ${name}`);
  }
  let why: Unavailable | undefined;
  for (const certificate of candidates) {
    const judgement = judge(certificate, issuer, rules, checks);
    if (typeof judgement === 'string') {
      why ??= unauthorized(`the responder ${name} may not answer: ${judgement}`);
    } else if (isSignedBy({ ...response, data: rawOf(tbsResponseData) }, certificate, policy)) {
      return { type: 'authorised', certificate, notes: judgement.notes };
    } else {
      // Of one that may answer it says more than of others of that name.
      why = unavailable(
        'bad-signature',
        `the signature is not by the key of the responder ${name}`,
      );
    }
  }
  return why ?? unauthorized(`the responder ${name} may not answer`);
}

/** What came along is never trusted for itself, and plays no part beside configured responders. */
function candidatesOf(
  responders: ResponderRules,
  issuer: Certificate,
  embedded: readonly Certificate[],
): readonly Certificate[] {
  if (responders.type === 'signing-certs') {
    return responders.signingCerts.map(({ certificate }) => certificate);
  }
  const members = responders.type === 'issuer' ? [] : responders.members;
  return [issuer, ...members.map(({ certificate }) => certificate), ...embedded];
}

function isNamed(certificate: Certificate, responderID: ResponderID): boolean {
  return responderID.type === 'byName'
    ? sameName(certificate.tbsCertificate.subject, responderID.value)
    : bytesEqual(keyHash('sha1', certificate), responderID.value);
}

function judge(
  certificate: Certificate,
  issuer: Certificate,
  rules: OcspRules,
  checks: Checks,
): Judgement {
  const { responders } = rules;
  const judgement =
    responders.type === 'signing-certs'
      ? judgeSigningCert(certificate, issuer, responders, checks)
      : responders.type === 'issuer'
        ? judgeNamed(certificate, issuer, checks)
        : judgeMember(certificate, issuer, responders, checks);
  if (typeof judgement === 'string' || isSameEntity(certificate, issuer)) return judgement;
  const flaw = responderFlaw(certificate, checks);
  if (flaw !== undefined) return flaw;
  // RFC 6960 section 4.2.2.2.1: whoever has this extension is not to be asked about.
  if (extensionValue(certificate.tbsCertificate.extensions, 'ocspNoCheck') !== undefined) {
    return judgement;
  }
  return { notes: [...judgement.notes, 'responder-not-checked'] };
}

/** RFC 6960 section 4.2.2.2, case 1, with the CAs each may speak for. */
function judgeSigningCert(
  certificate: Certificate,
  issuer: Certificate,
  { signingCerts }: Extract<ResponderRules, { type: 'signing-certs' }>,
  checks: Checks,
): Judgement {
  const found = signingCerts.find((one) => one.certificate === certificate);
  const speaksFor = found?.speaksFor ?? [];
  const isBound =
    speaksFor === 'any' ||
    (speaksFor === 'its issuer'
      ? issuedBy(certificate, issuer, checks)
      : speaksFor.some((ca) => isSameEntity(ca, issuer)));
  return isBound
    ? { notes: [] }
    : `it does not speak for ${quoteName(issuer.tbsCertificate.subject)}`;
}

/** RFC 6960 section 4.2.2.2, cases 2 and 3, below a group of CAs; and what settings allow beyond them. */
function judgeMember(
  certificate: Certificate,
  issuer: Certificate,
  {
    members,
    issuerCriteriaCheck,
    acceptTrustedRoot,
  }: Extract<ResponderRules, { type: 'ca-chain' }>,
  checks: Checks,
): Judgement {
  const group = members.map((member) => member.certificate);
  const root = rootAbove(certificate, group, checks);
  if (!root) return 'it leads to no root through the CAs of ca-chain';
  const named = judgeNamed(certificate, issuer, checks);
  if (typeof named !== 'string') return named;
  if (issuerCriteriaCheck && !acceptTrustedRoot) return named;
  const isTrusted = members.some(
    (member) => member.trustOcspSigning && isSameEntity(member.certificate, root),
  );
  return isTrusted
    ? { notes: ['rfc6960-nonconforming'] }
    : `${named}, and its root is not trusted for ocsp-signing`;
}

/** RFC 6960 section 4.2.2.2, cases 2 and 3. */
function judgeNamed(certificate: Certificate, issuer: Certificate, checks: Checks): Judgement {
  if (isSameEntity(certificate, issuer)) return { notes: [] };
  const { extensions } = certificate.tbsCertificate;
  const usages = extensionValue(extensions, 'extKeyUsage') ?? [];
  // anyExtendedKeyUsage is not enough: a CA has to have meant it.
  if (usages.includes(oids.ocspSigning) && issuedBy(certificate, issuer, checks)) {
    return { notes: [] };
  }
  return `it is neither ${quoteName(issuer.tbsCertificate.subject)} nor has that CA named it for ocspSigning`;
}

function responderName(responderID: ResponderID): string {
  return responderID.type === 'byName'
    ? quoteName(responderID.value)
    : `with key hash ${toHex(responderID.value).slice(0, 40)}`;
}

function unauthorized(detail: string): Unavailable {
  return unavailable('unauthorized-responder', detail);
}
