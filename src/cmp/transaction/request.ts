import { requestedExtensions } from '../../x509/certification-request.ts';
import type { Operation } from '../../base/events.ts';
import type { CertTemplate } from '../message/cert-template.ts';
import type { PKIBody } from '../message/pki-message.ts';

/** A body that begins a transaction. */
export type RequestBody = Extract<PKIBody, { readonly type: Operation }>;

/** Tell whether a body begins a transaction of ours. */
export function isRequestBody(body: PKIBody): body is RequestBody {
  return body.type in requestTypes;
}

const requestTypes: Readonly<Record<Operation, true>> = {
  ir: true,
  cr: true,
  kur: true,
  p10cr: true,
  rr: true,
  genm: true,
};

/** The body that answers each request; an error message can come instead of any (RFC 9810 section 5.3). */
export const answers: Readonly<{
  ir: 'ip';
  cr: 'cp';
  kur: 'kup';
  p10cr: 'cp';
  rr: 'rp';
  genm: 'genp';
}> = {
  ir: 'ip',
  cr: 'cp',
  kur: 'kup',
  p10cr: 'cp',
  rr: 'rp',
  genm: 'genp',
} satisfies Readonly<Record<RequestBody['type'], PKIBody['type']>>;

/** One certificate is asked for in a message, and this is its number (RFC 9483 section 4.1.1). */
export const CERT_REQ_ID = 0;

/** PKCS#10 has no number; the answer has this one (RFC 9810 section 5.3.4). */
const NO_CERT_REQ_ID = -1;

/** The certReqId of the answer to a request, and of certConf and pollReq after it. */
export function certReqIdOf({ type }: RequestBody): number {
  // R14, C10: a PKCS#10 has no number.
  return type === 'p10cr' ? NO_CERT_REQ_ID : CERT_REQ_ID;
}

/** Say what certificate a request asks for, in whichever syntax; of an rr, which one it is about. */
export function askedIn(request: RequestBody): CertTemplate {
  switch (request.type) {
    case 'p10cr': {
      const { certificationRequestInfo: info } = request.value;
      const extensions = requestedExtensions(info);
      return {
        subject: info.subject,
        publicKey: info.subjectPKInfo,
        ...(extensions && { extensions }),
      };
    }
    case 'rr':
      return request.value[0]?.certDetails ?? {};
    case 'genm':
      return {};
    default:
      return request.value[0]?.certReq.certTemplate ?? {};
  }
}
