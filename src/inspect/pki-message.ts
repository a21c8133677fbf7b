import type { PKIBody, PKIMessage } from '../cmp/message/pki-message.ts';
import { carried } from './asn1.ts';
import { algorithm } from './algorithm-identifier.ts';
import { certRepMessage } from './cert-rep-message.ts';
import { certId, certReqMsg } from './cert-req-msg.ts';
import { certTemplate } from './cert-template.ts';
import { carriedCertificateList } from './certificate-list.ts';
import { certificate } from './certificate.ts';
import { certificationRequest } from './certification-request.ts';
import { extensions } from './extensions.ts';
import { infoTypeAndValue } from './info-type-and-value.ts';
import { branch, leaf, list, maybe, type Node } from './node.ts';
import { pkiHeader } from './pki-header.ts';
import { freeText, statusInfo } from './pki-status-info.ts';
import { number, octets } from './plain.ts';

/** Show a message of CMP; in one file with its body, because `nested` holds messages. */
export function pkiMessage(name: string, value: PKIMessage): Node {
  const { header, body, protection, extraCerts } = value;
  return branch(name, [
    pkiHeader('header', header),
    {
      name: 'body',
      value: body.type,
      children: bodyChildren(body).filter((one) => one !== undefined),
    },
    maybe('protection', protection, octets),
    list('extraCerts', extraCerts, (one) => certificate('Certificate', one)),
  ]);
}

function bodyChildren(body: PKIBody): readonly (Node | undefined)[] {
  switch (body.type) {
    case 'ir':
    case 'cr':
    case 'kur':
    case 'krr':
    case 'ccr':
      return body.value.map(certReqMsg);
    case 'ip':
    case 'cp':
    case 'kup':
    case 'ccp':
      return certRepMessage(body.value);
    case 'p10cr':
      return [certificationRequest('CertificationRequest', body.value)];
    case 'rr':
      return body.value.map(({ certDetails, crlEntryDetails }) =>
        branch('RevDetails', [
          certTemplate('certDetails', certDetails),
          maybe('crlEntryDetails', crlEntryDetails, (name, values) =>
            extensions(name, values, 'strictly'),
          ),
        ]),
      );
    case 'rp':
      return [
        ...body.value.status.map((one) => statusInfo('status', one)),
        list('revCerts', body.value.revCerts, (one) => certId('CertId', one)),
        list('crls', body.value.crls, (one) => carriedCertificateList('CertificateList', one)),
      ];
    case 'nested':
      return body.value.map((one) => pkiMessage('PKIMessage', one));
    case 'genm':
    case 'genp':
      return body.value.map(infoTypeAndValue);
    case 'error':
      return [
        statusInfo('pKIStatusInfo', body.value.pKIStatusInfo),
        maybe('errorCode', body.value.errorCode, number),
        maybe('errorDetails', body.value.errorDetails, freeText),
      ];
    case 'certConf':
      return body.value.map(({ certHash, certReqId, statusInfo: status, hashAlg }) =>
        branch('CertStatus', [
          octets('certHash', certHash),
          number('certReqId', certReqId),
          maybe('statusInfo', status, statusInfo),
          maybe('hashAlg', hashAlg, algorithm),
        ]),
      );
    case 'pollReq':
      return body.value.map(({ certReqId }) => number('certReqId', certReqId));
    case 'pollRep':
      return body.value.flatMap(({ certReqId, checkAfter, reason }) => [
        number('certReqId', certReqId),
        leaf('checkAfter', `${checkAfter} s`),
        maybe('reason', reason, freeText),
      ]);
    case 'pkiconf':
      return [];
    default:
      return [carried(body.type, body.value)];
  }
}
