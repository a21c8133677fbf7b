import { oids, type Oid } from '../asn1/oids.ts';
import { hasNoParameters, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { carried } from './asn1.ts';
import { leaf, type Node } from './node.ts';
import { oidText } from './plain.ts';

/** Names of the parameters of algorithms whose parameters are a SEQUENCE: RFC 4211 section 4.4, RFC 8018. */
const fieldsOf: ReadonlyMap<Oid, readonly string[]> = new Map([
  [oids.passwordBasedMac, ['salt', 'owf', 'iterationCount', 'mac']],
  [oids.pbmac1, ['keyDerivationFunc', 'messageAuthScheme']],
]);

/** Show an AlgorithmIdentifier, with its parameters where there are any but NULL. */
export function algorithm(name: string, value: AlgorithmIdentifier): Node {
  const title = oidText(value.algorithm);
  const { parameters } = value;
  if (parameters === undefined || hasNoParameters(value)) return leaf(name, title);
  const { value: single, children } = carried(
    'parameters',
    parameters,
    fieldsOf.get(value.algorithm),
  );
  return {
    name,
    value: title,
    children: single === undefined ? (children ?? []) : [leaf('parameters', single)],
  };
}
