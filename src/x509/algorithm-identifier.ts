import { bytesEqual } from '../base/bytes.ts';
import { optional, sequence, type TaggedCodec } from '../asn1/codec.ts';
import { oids, type Oid, type OidName } from '../asn1/oids.ts';
import { any, objectIdentifier } from '../asn1/primitives.ts';

/** AlgorithmIdentifier, RFC 5280 section 4.1.1.2; `parameters` is the whole element. */
export interface AlgorithmIdentifier {
  readonly algorithm: Oid;
  readonly parameters?: Uint8Array;
}

// oxfmt-ignore
export const AlgorithmIdentifier: TaggedCodec<AlgorithmIdentifier> = sequence<AlgorithmIdentifier>('AlgorithmIdentifier', {
  algorithm:  objectIdentifier,
  parameters: optional(any),
});

const derNull = Uint8Array.of(0x05, 0x00);

/** Build an AlgorithmIdentifier by name, with NULL, other or no parameters. */
export function algorithmIdentifier(
  name: OidName,
  parameters?: 'NULL' | Uint8Array,
): AlgorithmIdentifier {
  const algorithm = oids[name];
  if (parameters === undefined) return { algorithm };
  return { algorithm, parameters: parameters === 'NULL' ? derNull : parameters };
}

/** Tell whether parameters are absent or NULL, which peers use as if they were the same. */
export function hasNoParameters({ parameters }: AlgorithmIdentifier): boolean {
  return parameters === undefined || bytesEqual(parameters, derNull);
}

/** Compare two AlgorithmIdentifiers, taking absent and NULL parameters for equal. */
export function sameAlgorithm(a: AlgorithmIdentifier, b: AlgorithmIdentifier): boolean {
  if (a.algorithm !== b.algorithm) return false;
  if (hasNoParameters(a) || hasNoParameters(b)) return hasNoParameters(a) && hasNoParameters(b);
  return bytesEqual(a.parameters ?? derNull, b.parameters ?? derNull);
}
