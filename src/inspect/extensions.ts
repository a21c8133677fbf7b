import { CertError } from '../base/errors.ts';
import type { Extension, Extensions } from '../x509/extension.ts';
import { carried } from './asn1.ts';
import { shownValues, type Reading } from './extension-values.ts';
import { branch, type Node } from './node.ts';
import { octets, oidText, text } from './plain.ts';

/** Show extensions; of a certificate or CRL they are read `tolerantly`, of everything else strictly. */
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
    children: childrenOf(value, reading) ?? [unknownValue(extnValue)],
  };
}

/** What is in the value; undefined for an extension without a codec. */
function childrenOf(value: Extension, reading: Reading): readonly Node[] | undefined {
  try {
    return shownValues
      .get(value.extnID)?.(value, reading)
      .filter((node) => node !== undefined);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return [octets('extnValue', value.extnValue), text('notDecoded', error.message)];
  }
}

/** By its ASN.1 types, or as octets where it is no DER at all, as some private extensions are. */
function unknownValue(extnValue: Uint8Array): Node {
  try {
    return carried('extnValue', extnValue);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return octets('extnValue', extnValue);
  }
}
