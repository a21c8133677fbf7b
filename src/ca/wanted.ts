import { fromDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { CertId } from '../cmp/message/cert-id.ts';
import type { CertReqMsg, CrmfAttribute } from '../cmp/message/cert-req-msg.ts';
import type { OptionalValidity } from '../cmp/message/cert-template.ts';
import type { PKIBody } from '../cmp/message/pki-message.ts';
import { requestedExtensions, type CertificationRequest } from '../x509/certification-request.ts';
import type { Extensions } from '../x509/extension.ts';
import type { Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { GeneratedFor } from './key-holder.ts';
import { isCertOperation, type CertOperation } from './ledger-records.ts';
import { refusal, type Refusal } from './refusal.ts';

/** A request for a certificate, whichever syntax it came in; nothing is checked yet. */
export interface Wanted {
  /** What the answer is to carry: -1 for PKCS #10 (RFC 9810 section 5.3.4). */
  readonly certReqId: number;
  readonly proof:
    | { readonly type: 'crmf'; readonly request: CertReqMsg }
    | { readonly type: 'pkcs10'; readonly request: CertificationRequest };
  readonly subject?: Name;
  readonly publicKey: SubjectPublicKeyInfo;
  /** Made here, because the request left it to the lab. */
  readonly generated?: GeneratedFor;
  readonly issuer?: Name;
  readonly validity?: OptionalValidity;
  readonly extensions: Extensions;
  readonly oldCertID?: CertId;
  readonly controls: readonly CrmfAttribute[];
}

/** A body that asks for a certificate. */
export type RequestBody = Extract<PKIBody, { type: CertOperation }>;

/** Tell whether a body asks for a certificate. */
export function isRequestBody(body: PKIBody): body is RequestBody {
  return isCertOperation(body.type);
}

/** Read what is wanted out of a request. @throws {CertError} DER_MALFORMED */
export function wantedIn(body: RequestBody, generated?: GeneratedFor): Wanted | Refusal {
  if (body.type !== 'p10cr') return wantedInCrmf(body.value, generated);
  const info = body.value.certificationRequestInfo;
  return {
    certReqId: -1,
    proof: { type: 'pkcs10', request: body.value },
    subject: info.subject,
    publicKey: info.subjectPKInfo,
    extensions: requestedExtensions(info) ?? [],
    controls: [],
  };
}

function wantedInCrmf(
  requests: readonly CertReqMsg[],
  generated: GeneratedFor | undefined,
): Wanted | Refusal {
  const [request, second] = requests;
  if (!request || second) {
    return refusal('badRequest', `${requests.length} requests in one message, allowed is one`);
  }
  const { certReqId, certTemplate, controls = [] } = request.certReq;
  if (certReqId !== 0) return refusal('badRequest', `certReqId is ${certReqId}, expected 0`);
  const { version, serialNumber, signingAlg, issuerUID, subjectUID } = certTemplate;
  // RFC 9483 section 4.1.1; the version may be given if it is v3 (RFC 4211 section 5).
  const forbidden = Object.entries({ serialNumber, signingAlg, issuerUID, subjectUID }).find(
    ([, value]) => value !== undefined,
  );
  if (forbidden) return refusal('badCertTemplate', `certTemplate has ${forbidden[0]}`);
  if (version !== undefined && version !== 2) {
    return refusal('badCertTemplate', `certTemplate has version ${version}, expected 2 or none`);
  }
  const { subject, issuer, validity, extensions } = certTemplate;
  const publicKey = generated
    ? fromDer(SubjectPublicKeyInfo, generated.key.key.spki)
    : certTemplate.publicKey;
  if (!publicKey || publicKey.subjectPublicKey.length === 0) {
    return refusal('badCertTemplate', 'certTemplate has no public key, and keys are not made here');
  }
  if (generated && request.popo) {
    return refusal('badPOP', 'There is a proof of possession of a key that is not made yet');
  }
  const oldCertID = controls.find(({ type }) => type === oids.oldCertID);
  return {
    certReqId,
    proof: { type: 'crmf', request },
    ...(subject && { subject }),
    publicKey,
    ...(generated && { generated }),
    ...(issuer && { issuer }),
    ...(validity && { validity }),
    extensions: extensions ?? [],
    controls,
    ...(oldCertID && { oldCertID: fromDer(CertId, oldCertID.value) }),
  };
}
