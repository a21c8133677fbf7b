import type { GeneralName } from '../x509/general-name.ts';
import { formatGeneralName } from '../x509/general-name-text.ts';
import { leaf, type Node } from './node.ts';
import { nameText, octetsText, oidText, plainText } from './plain.ts';

/** Show a GeneralName as the value of a field: its alternative, then the name. */
export function generalNameField(name: string, value: GeneralName): Node {
  return leaf(name, `${value.type} ${generalNameText(value)}`);
}

/** Show a GeneralName among others, under the name of its alternative. */
export function generalName(value: GeneralName): Node {
  return leaf(value.type, generalNameText(value));
}

function generalNameText(name: GeneralName): string {
  switch (name.type) {
    case 'directoryName':
      return nameText(name.value);
    case 'rfc822Name':
    case 'dNSName':
    case 'uniformResourceIdentifier':
      return plainText(name.value);
    case 'registeredID':
      return oidText(name.value);
    case 'otherName':
      return `${oidText(name.value.typeId)} ${octetsText(name.value.value)}`;
    case 'iPAddress':
      return addressText(name.value);
    case 'x400Address':
    case 'ediPartyName':
      return octetsText(name.value);
  }
}

/** An address, or in a name constraint an address and its mask. */
function addressText(octets: Uint8Array): string {
  const { length } = octets;
  if (length === 8 || length === 32) {
    return `${addressText(octets.subarray(0, length / 2))}/${addressText(octets.subarray(length / 2))}`;
  }
  if (length !== 4 && length !== 16) return octetsText(octets);
  return formatGeneralName({ type: 'iPAddress', value: octets }).slice('ip:'.length);
}
