import type {
  POPOPrivKey,
  POPOSigningKey,
  ProofOfPossession,
} from '../cmp/message/proof-of-possession.ts';
import { algorithm } from './algorithm-identifier.ts';
import { envelopedData } from './cms.ts';
import { generalNameField } from './general-name.ts';
import { branch, leaf, maybe, type Node } from './node.ts';
import { number, octets } from './plain.ts';
import { publicKey } from './subject-public-key-info.ts';

/** Show how possession of the private key is proven. */
export function proofOfPossession(name: string, popo: ProofOfPossession): Node {
  switch (popo.type) {
    case 'raVerified':
      return leaf(name, popo.type);
    case 'signature':
      return { ...signingKey(name, popo.value), value: popo.type };
    case 'keyEncipherment':
    case 'keyAgreement':
      return { name, value: popo.type, children: [privKey(popo.value)] };
  }
}

function signingKey(name: string, value: POPOSigningKey): Node {
  const { poposkInput, algorithmIdentifier, signature } = value;
  return branch(name, [
    maybe('poposkInput', poposkInput, (field, input) =>
      branch(field, [
        input.authInfo.type === 'sender'
          ? generalNameField('sender', input.authInfo.value)
          : macValue('publicKeyMAC', input.authInfo.value),
        publicKey('publicKey', input.publicKey),
      ]),
    ),
    algorithm('algorithmIdentifier', algorithmIdentifier),
    octets('signature', signature),
  ]);
}

function privKey({ type, value }: POPOPrivKey): Node {
  switch (type) {
    case 'subsequentMessage':
      return number(type, value);
    case 'thisMessage':
    case 'dhMAC':
      return octets(type, value.octets);
    case 'agreeMAC':
      return macValue(type, value);
    case 'encryptedKey':
      return envelopedData(type, value);
  }
}

function macValue(
  name: string,
  { algId, value }: Extract<POPOPrivKey, { readonly type: 'agreeMAC' }>['value'],
): Node {
  return branch(name, [algorithm('algId', algId), octets('value', value)]);
}
