import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import { DerReader } from '../asn1/der-reader.ts';
import { oids } from '../asn1/oids.ts';
import { CertId } from '../cmp/message/cert-id.ts';
import type { CertReqMsg, CrmfAttribute } from '../cmp/message/cert-req-msg.ts';
import { carried } from './asn1.ts';
import { certTemplate } from './cert-template.ts';
import { generalNameField } from './general-name.ts';
import { branch, leaf, list, maybe, type Node } from './node.ts';
import { number, oidText, serial } from './plain.ts';
import { proofOfPossession } from './proof-of-possession.ts';

/** Show one request of ir, cr or kur. */
export function certReqMsg({ certReq, popo, regInfo }: CertReqMsg): Node {
  return branch('CertReqMsg', [
    branch('certReq', [
      number('certReqId', certReq.certReqId),
      certTemplate('certTemplate', certReq.certTemplate),
      list('controls', certReq.controls, crmfAttribute),
    ]),
    maybe('popo', popo, proofOfPossession),
    list('regInfo', regInfo, crmfAttribute),
  ]);
}

/** Show which certificate is meant. */
export function certId(name: string, { issuer, serialNumber }: CertId): Node {
  return branch(name, [generalNameField('issuer', issuer), serial('serialNumber', serialNumber)]);
}

function crmfAttribute({ type, value }: CrmfAttribute): Node {
  const name = oidText(type);
  // One-time passwords, RFC 4211 sections 6.1 and 6.2.
  if (type === oids.regToken || type === oids.authenticator) {
    return leaf(name, `${contentLength(value)} octets, not shown`);
  }
  if (type !== oids.oldCertID) return carried(name, value);
  try {
    return certId(name, fromDer(CertId, value));
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return carried(name, value);
  }
}

function contentLength(der: Uint8Array): number {
  const reader = new DerReader(der, 'control');
  return der.length - reader.content(reader.peekTag());
}
