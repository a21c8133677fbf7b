import { implicit, optional, sequence, sequenceOf, type TaggedCodec } from '../asn1/codec.ts';
import { any, integer, octetBitString, octetString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';

/** OneAsymmetricKey, RFC 5958 section 2: PrivateKeyInfo of PKCS #8 with the public key, if it is version 2. */
export interface OneAsymmetricKey {
  /** 0 is v1, 1 is v2. */
  readonly version: number;
  readonly privateKeyAlgorithm: AlgorithmIdentifier;
  readonly privateKey: Uint8Array;
  readonly attributes?: readonly Uint8Array[];
  readonly publicKey?: Uint8Array;
}

// oxfmt-ignore
export const OneAsymmetricKey: TaggedCodec<OneAsymmetricKey> = sequence<OneAsymmetricKey>('OneAsymmetricKey', {
  version:             integer,
  privateKeyAlgorithm: AlgorithmIdentifier,
  privateKey:          octetString,
  attributes:          optional(implicit(0, sequenceOf(any, { max: 100 }))),
  publicKey:           optional(implicit(1, octetBitString)),
});

/** AsymmetricKeyPackage, RFC 5958 section 2. RFC 9483 section 4.1.6 has one key in it. */
export const AsymmetricKeyPackage: TaggedCodec<readonly OneAsymmetricKey[]> = sequenceOf(
  OneAsymmetricKey,
  { min: 1, max: 8 },
);
