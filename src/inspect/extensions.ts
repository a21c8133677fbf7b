import { CertError } from '../base/errors.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { extensionValue, type ExtensionValues } from '../x509/extension-values.ts';
import type { Extension, Extensions } from '../x509/extension.ts';
import { generalName, generalNameField } from './general-name.ts';
import { branch, leaf, maybe, type Node } from './node.ts';
import { number, octets, octetsText, oid, oidText, serial, text } from './plain.ts';

type Reading = 'tolerantly' | 'strictly';

/** Show extensions; of a certificate they are read `tolerantly`, of everything else strictly. */
export function extensions(name: string, values: Extensions, reading: Reading): Node {
  return branch(
    name,
    values.map((value) => extension(value, reading)),
  );
}

function extension(value: Extension, reading: Reading): Node {
  const { extnID, critical, extnValue } = value;
  return {
    name: oidText(extnID),
    ...(critical && { value: 'critical' }),
    children: childrenOf(value, reading) ?? [leaf('extnValue', octetsText(extnValue))],
  };
}

/** What is in the value; undefined for an extension without a codec. */
function childrenOf(value: Extension, reading: Reading): readonly Node[] | undefined {
  try {
    return shows
      .get(value.extnID)?.(value, reading)
      .filter((node) => node !== undefined);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return [octets('extnValue', value.extnValue), text('notDecoded', error.message)];
  }
}

/** Elements of one value that are shown. A value may hold ten thousand, a certificate many such values. */
const MAX_SHOWN_ELEMENTS = 200;

function first<T>(values: readonly T[], show: (value: T) => Node): readonly Node[] {
  const nodes = values.slice(0, MAX_SHOWN_ELEMENTS).map(show);
  const more = values.length - nodes.length;
  return more > 0 ? [...nodes, leaf('…', `${more} more`)] : nodes;
}

type Show = (value: Extension, reading: Reading) => readonly (Node | undefined)[];

const shows: ReadonlyMap<Oid, Show> = new Map([
  showing('basicConstraints', ({ cA, pathLenConstraint }) => [
    leaf('cA', cA ? 'TRUE' : 'FALSE'),
    maybe('pathLenConstraint', pathLenConstraint, number),
  ]),
  showing('keyUsage', (bits) => [leaf('KeyUsage', bits.join(', '))]),
  showing('extKeyUsage', (purposes) => first(purposes, (one) => oid('KeyPurposeId', one))),
  showing('subjectKeyIdentifier', (value) => [octets('KeyIdentifier', value)]),
  showing('authorityKeyIdentifier', (value) => [
    maybe('keyIdentifier', value.keyIdentifier, octets),
    maybe('authorityCertIssuer', value.authorityCertIssuer, (name, names) =>
      branch(name, first(names, generalName)),
    ),
    maybe('authorityCertSerialNumber', value.authorityCertSerialNumber, serial),
  ]),
  showing('subjectAltName', (names) => first(names, generalName)),
  showing('authorityInfoAccess', (descriptions) =>
    first(descriptions, ({ accessMethod, accessLocation }) =>
      generalNameField(oidText(accessMethod), accessLocation),
    ),
  ),
]);

function showing<K extends keyof ExtensionValues>(
  name: K,
  show: (value: ExtensionValues[K]) => readonly (Node | undefined)[],
): readonly [Oid, Show] {
  return [
    oids[name],
    (found, reading) => {
      const value = extensionValue([found], name, reading);
      return value === undefined ? [] : show(value);
    },
  ];
}
