import type { CertRepMessage, CertResponse } from '../cmp/message/cert-rep-message.ts';
import { carried } from './asn1.ts';
import { certificate } from './certificate.ts';
import { encryptedKey } from './cms.ts';
import { branch, list, maybe, type Node } from './node.ts';
import { number, octets } from './plain.ts';
import { statusInfo } from './pki-status-info.ts';

/** Show the content of ip, cp or kup. */
export function certRepMessage({ caPubs, response }: CertRepMessage): readonly Node[] {
  const published = list('caPubs', caPubs, (value) => certificate('Certificate', value));
  return [...(published ? [published] : []), ...response.map(certResponse)];
}

function certResponse({ certReqId, status, certifiedKeyPair, rspInfo }: CertResponse): Node {
  return branch('CertResponse', [
    number('certReqId', certReqId),
    statusInfo('status', status),
    maybe('certifiedKeyPair', certifiedKeyPair, (name, pair) => {
      const { type, value } = pair.certOrEncCert;
      return branch(name, [
        type === 'certificate' ? certificate(type, value) : encryptedKey(type, value),
        maybe('privateKey', pair.privateKey, encryptedKey),
        maybe('publicationInfo', pair.publicationInfo, carried),
      ]);
    }),
    maybe('rspInfo', rspInfo, octets),
  ]);
}
