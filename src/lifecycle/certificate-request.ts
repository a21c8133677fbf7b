import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { fromDer } from '../asn1/codec.ts';
import { CertId } from '../cmp/message/cert-id.ts';
import { CertRequest, type CertReqMsg } from '../cmp/message/cert-req-msg.ts';
import type { CertTemplate } from '../cmp/message/cert-template.ts';
import { CERT_REQ_ID } from '../cmp/transaction/enrollment.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extension, extensionValue } from '../x509/extension-values.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { isNullDn, type Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

/** What a certificate is asked to say. */
export interface Wanted {
  readonly subject: Name;
  readonly subjectAltNames: readonly GeneralName[];
  /** The CA that shall issue it, if that has to be said. */
  readonly issuer?: Name;
}

/**
 * Build the template of a request (RFC 4211 section 5). A subject that is only in the subjectAltName is
 * the NULL-DN, and the extension then critical (RFC 5280 section 4.2.1.6).
 *
 * @throws {CertError} USAGE_INVALID when neither names anything
 */
export function certTemplate(wanted: Wanted, key: SigningKey): CertTemplate {
  const { subject, subjectAltNames, issuer } = wanted;
  const isNameless = isNullDn(subject);
  if (isNameless && subjectAltNames.length === 0) {
    throw new CertError('USAGE_INVALID', 'Cannot ask for a certificate that names nothing', {
      hint: 'Give a subject-name or a san',
    });
  }
  return {
    ...(issuer && { issuer }),
    subject,
    publicKey: fromDer(SubjectPublicKeyInfo, key.spki),
    ...(subjectAltNames.length > 0 && {
      extensions: [extension('subjectAltName', subjectAltNames, isNameless)],
    }),
  };
}

/** Say what an update asks for: names as in the old certificate, nothing else (RFC 9483 section 4.1.3). */
export function wantedAgain({ tbsCertificate }: Certificate): Wanted {
  return {
    subject: tbsCertificate.subject,
    subjectAltNames: extensionValue(tbsCertificate.extensions, 'subjectAltName') ?? [],
  };
}

/**
 * Build the request with its proof of possession: a signature by the new key over the DER of certReq, all
 * of it (RFC 9810 section 5.2.8.2).
 *
 * @param replaced for a kur: the certificate to be updated, named by the control oldCertID
 */
export async function certReqMsg(
  template: CertTemplate,
  key: SigningKey,
  replaced?: Certificate,
): Promise<CertReqMsg> {
  const certReq: CertRequest = {
    certReqId: CERT_REQ_ID,
    certTemplate: template,
    ...(replaced && { controls: [oldCertId(replaced)] }),
  };
  const algorithmIdentifier = signatureAlgorithmFor(key);
  const signature = await key.sign(toDer(CertRequest, certReq), algorithmIdentifier);
  return { certReq, popo: { type: 'signature', value: { algorithmIdentifier, signature } } };
}

function oldCertId({ tbsCertificate: { issuer, serialNumber } }: Certificate) {
  const value = toDer(CertId, { issuer: { type: 'directoryName', value: issuer }, serialNumber });
  return { type: oids.oldCertID, value };
}
