import { bytesEqual } from '../base/bytes.ts';
import { sequence, type TaggedCodec } from '../asn1/codec.ts';
import { octetBitString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier, sameAlgorithm } from './algorithm-identifier.ts';

/** SubjectPublicKeyInfo, RFC 5280 section 4.1.2.7. */
export interface SubjectPublicKeyInfo {
  readonly algorithm: AlgorithmIdentifier;
  /** Content of the BIT STRING; empty in a request for central key generation. */
  readonly subjectPublicKey: Uint8Array;
}

// oxfmt-ignore
export const SubjectPublicKeyInfo: TaggedCodec<SubjectPublicKeyInfo> = sequence<SubjectPublicKeyInfo>('SubjectPublicKeyInfo', {
  algorithm:        AlgorithmIdentifier,
  subjectPublicKey: octetBitString,
});

/** Compare keys with their algorithm and parameters; rsaEncryption with NULL and without are the same key. */
export function samePublicKey(a: SubjectPublicKeyInfo, b: SubjectPublicKeyInfo): boolean {
  return (
    sameAlgorithm(a.algorithm, b.algorithm) && bytesEqual(a.subjectPublicKey, b.subjectPublicKey)
  );
}
