import type { PKIHeader } from '../cmp/message/pki-header.ts';
import { algorithm } from './algorithm-identifier.ts';
import { generalNameField } from './general-name.ts';
import { infoTypeAndValue } from './info-type-and-value.ts';
import { branch, list, maybe, type Node } from './node.ts';
import { number, octets, time } from './plain.ts';
import { freeText } from './pki-status-info.ts';

/** Show the header of a message. */
export function pkiHeader(name: string, value: PKIHeader): Node {
  return branch(name, [
    number('pvno', value.pvno),
    generalNameField('sender', value.sender),
    generalNameField('recipient', value.recipient),
    maybe('messageTime', value.messageTime, time),
    maybe('protectionAlg', value.protectionAlg, algorithm),
    maybe('senderKID', value.senderKID, octets),
    maybe('recipKID', value.recipKID, octets),
    maybe('transactionID', value.transactionID, octets),
    maybe('senderNonce', value.senderNonce, octets),
    maybe('recipNonce', value.recipNonce, octets),
    maybe('freeText', value.freeText, freeText),
    list('generalInfo', value.generalInfo, infoTypeAndValue),
  ]);
}
