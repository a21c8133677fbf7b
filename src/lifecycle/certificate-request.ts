import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { utf8String } from '../asn1/strings.ts';
import { CertId } from '../cmp/message/cert-id.ts';
import { CertRequest, type CertReqMsg, type CrmfAttribute } from '../cmp/message/cert-req-msg.ts';
import type { InfoTypeAndValue } from '../cmp/message/info-type-and-value.ts';
import type { CertTemplate, OptionalValidity } from '../cmp/message/cert-template.ts';
import { POPOSigningKeyInput, type AuthInfo } from '../cmp/message/proof-of-possession.ts';
import { senderOf, type Credential } from '../cmp/protection/credential.ts';
import { computeMac } from '../cmp/protection/mac.ts';
import { ENCR_CERT } from '../cmp/transaction/sealed-answer.ts';
import { CERT_REQ_ID, type RequestBody } from '../cmp/transaction/request.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import type { CaProfile } from '../settings/ca-profile.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Extensions } from '../x509/extension.ts';
import { extension, extensionValue } from '../x509/extension-values.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { isNullDn, type Name } from '../x509/name.ts';
import { assertDecrypts, requestedKey, templateKey, type RequestedKey } from './requested-key.ts';

/** What a certificate is asked to say. */
export interface Wanted {
  /** Absent: the CA makes one of the credential (TS 33.310 clause 9). */
  readonly subject?: Name;
  readonly subjectAltNames: readonly GeneralName[];
  /** Beside subjectAltName. */
  readonly extensions?: Extensions;
  readonly validity?: OptionalValidity;
  /** The CA that shall issue it, if that has to be said. */
  readonly issuer?: Name;
  /** One-time word of the CA, sent in clear (RFC 4211 section 6.1). */
  readonly regToken?: string;
  /** Lasting word of the CA, sent in clear (RFC 4211 section 6.2). */
  readonly authenticator?: string;
  /** In place of the CA profile's (H13). */
  readonly certProfile?: string;
  /** Further items for the header of the request. */
  readonly generalInfo?: readonly InfoTypeAndValue[];
}

/**
 * Build the template of a request (RFC 4211 section 5). A subject that is only in the subjectAltName is
 * the NULL-DN, and the extension then critical (B3; RFC 5280 section 4.2.1.6).
 *
 * @throws {CertError} USAGE_INVALID when neither names anything
 */
function certTemplate(wanted: Wanted, key: RequestedKey): CertTemplate {
  const { subject, subjectAltNames, issuer, validity } = wanted;
  const isNameless = subject !== undefined && isNullDn(subject);
  // B3: something has to name it.
  if (isNameless && subjectAltNames.length === 0) {
    throw new CertError('USAGE_INVALID', 'Cannot ask for a certificate that names nothing', {
      hint: 'Give a subject-name or a san',
    });
  }
  const publicKey = templateKey(key);
  const extensions = [
    ...(subjectAltNames.length > 0
      ? [extension('subjectAltName', subjectAltNames, isNameless)]
      : []),
    ...(wanted.extensions ?? []),
  ];
  return {
    // B5: left out unless it is configured; never that of the certificate that signs.
    ...(issuer && { issuer }),
    // B2, B6: nothing else that is the CA's to say.
    ...(validity && { validity }),
    ...(subject && { subject }),
    // B4: the new key.
    ...(publicKey && { publicKey }),
    // B3, B7: as configured; subjectAltName critical when it alone names.
    ...(extensions.length > 0 && { extensions }),
  };
}

/**
 * Say what an update asks for: names as in the old certificate, that it must be stapled if the old one must, and by
 * default nothing else (B10; RFC 9483 section 4.1.3).
 *
 * @param updateExtensions `keep` asks for the other extensions, too
 */
export function wantedAgain(
  { tbsCertificate }: Certificate,
  updateExtensions: 'none' | 'keep',
): Wanted {
  const { subject, extensions = [] } = tbsCertificate;
  const others = extensions.filter(
    ({ extnID }) => extnID !== oids.subjectAltName && !isOfTheIssuer(extnID),
  );
  // Without it, the new certificate would be taken without a staple, and nobody would be told.
  const mustStaple = others.filter(({ extnID }) => extnID === oids.tlsFeature);
  // B10: by default nothing but names, and what the old one promises to TLS clients.
  const kept = updateExtensions === 'keep' ? others : mustStaple;
  return {
    subject,
    subjectAltNames: extensionValue(extensions, 'subjectAltName') ?? [],
    ...(kept.length > 0 && { extensions: kept }),
  };
}

/** Tell whether an extension is the issuer's to say, of the key or of itself, and not to be asked for. */
export function isOfTheIssuer(extnID: Oid): boolean {
  return ofTheIssuer.has(extnID);
}

const ofTheIssuer: ReadonlySet<Oid> = new Set([
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.authorityInfoAccess,
  oids.cRLDistributionPoints,
  oids.basicConstraints,
]);

/** Say how the body of an ir, cr or kur is built once it is known who asks. */
export function certRequest(
  type: 'ir' | 'cr' | 'kur',
  wanted: Wanted,
  requested: SigningKey | RequestedKey,
  { rsaSignature }: Pick<CaProfile, 'rsaSignature'>,
  replaced?: Certificate,
): (credential: Credential) => Promise<RequestBody> {
  return async (credential) => {
    const key = requestedKey(requested);
    assertDecrypts(key, credential);
    const template = certTemplate(wanted, key);
    const parts = { wanted, key, credential, rsaSignature, ...(replaced && { replaced }) };
    // B1: exactly one CertReqMsg.
    return { type, value: [await certReqMsg(template, parts)] };
  };
}

/** What a request is made of beside its template. */
interface RequestParts {
  readonly wanted: Pick<Wanted, 'regToken' | 'authenticator'>;
  readonly key: RequestedKey;
  /** Who asks: named in the proof of possession when the template has no subject. */
  readonly credential: Credential;
  readonly rsaSignature: 'pkcs1' | 'pss';
  /** For a kur: the certificate to be updated, named by the control oldCertID. */
  readonly replaced?: Certificate;
}

/**
 * Build the request with its proof of possession: a signature by the new key over the DER of certReq, all
 * of it (B8; RFC 9810 section 5.2.8.2). Without a subject in the template, poposkInput is signed instead.
 */
async function certReqMsg(
  template: CertTemplate,
  { wanted, key: requested, credential, rsaSignature, replaced }: RequestParts,
): Promise<CertReqMsg> {
  const controls = [
    ...textControl(oids.regToken, wanted.regToken),
    ...textControl(oids.authenticator, wanted.authenticator),
    // B11: oldCertID in every update.
    ...(replaced ? [oldCertId(replaced)] : []),
  ];
  const certReq: CertRequest = {
    // B1: its number.
    certReqId: CERT_REQ_ID,
    certTemplate: template,
    ...(controls.length > 0 && { controls }),
  };
  // B15: nobody possesses the key yet.
  if (requested.type === 'central') return { certReq };
  const { key, proof } = requested;
  if (proof === 'encrypted-certificate') {
    const value = { type: 'subsequentMessage', value: ENCR_CERT } as const;
    return { certReq, popo: { type: key.agree ? 'keyAgreement' : 'keyEncipherment', value } };
  }
  const algorithmIdentifier = signatureAlgorithmFor(key, rsaSignature);
  const { subject, publicKey } = template;
  const poposkInput =
    subject || !publicKey ? undefined : { authInfo: authInfo(credential, key.spki), publicKey };
  // B8: over certReq, or over poposkInput where the template has no subject.
  const signed = poposkInput
    ? toDer(POPOSigningKeyInput, poposkInput)
    : toDer(CertRequest, certReq);
  const signature = await key.sign(signed, algorithmIdentifier);
  const value = { ...(poposkInput && { poposkInput }), algorithmIdentifier, signature };
  // B9: an end entity proves it itself.
  return { certReq, popo: { type: 'signature', value } };
}

/** The name that is authenticated otherwise, or a MAC over the key (RFC 4211 section 4.1). */
function authInfo(credential: Credential, spki: Uint8Array): AuthInfo {
  if (credential.type === 'signature') return { type: 'sender', value: senderOf(credential) };
  const { protectionAlg: algId, secret } = credential;
  const value = computeMac(algId, secret, spki, { allowLegacy: true });
  return { type: 'publicKeyMAC', value: { algId, value } };
}

function textControl(type: Oid, text: string | undefined): readonly CrmfAttribute[] {
  return text === undefined ? [] : [{ type, value: toDer(utf8String, text) }];
}

function oldCertId({ tbsCertificate: { issuer, serialNumber } }: Certificate): CrmfAttribute {
  const value = toDer(CertId, { issuer: { type: 'directoryName', value: issuer }, serialNumber });
  return { type: oids.oldCertID, value };
}
