import { fromDer, sequence, toDer, type TaggedCodec } from '../../asn1/codec.ts';
import { oids } from '../../asn1/oids.ts';
import { hmac, macAlgorithm, macOctets } from '../../crypto/mac.ts';
import {
  assertWithin,
  derivePbkdf2,
  findMac,
  pbkdf2Algorithm,
  readPbkdf2,
} from '../../crypto/pbkdf2.ts';
import { AlgorithmIdentifier, algorithmIdentifier } from '../../x509/algorithm-identifier.ts';

/** PBMAC1-params, RFC 8018 appendix A.5. */
export interface PBMAC1Params {
  readonly keyDerivationFunc: AlgorithmIdentifier;
  readonly messageAuthScheme: AlgorithmIdentifier;
}

// oxfmt-ignore
export const PBMAC1Params: TaggedCodec<PBMAC1Params> = sequence<PBMAC1Params>('PBMAC1-params', {
  keyDerivationFunc: AlgorithmIdentifier,
  messageAuthScheme: AlgorithmIdentifier,
});

/**
 * Octets of the derived key. Whoever forges an answer chooses this, too, and would need no secret to guess
 * a key of one octet: no shorter than the output of HMAC-SHA1, no longer than the block of SHA-512.
 */
export const PBMAC1_KEY_OCTETS = { min: 20, max: 128 } as const;

/**
 * Write the PBMAC1 we send: HMAC-SHA-256 to derive the key and to use it, and nothing left to a default
 * (RFC 9481 section 6.1.2), because the one of prf is HMAC-SHA1.
 */
export function pbmac1Algorithm(salt: Uint8Array, iterationCount: number): AlgorithmIdentifier {
  const params: PBMAC1Params = {
    keyDerivationFunc: pbkdf2Algorithm(salt, iterationCount, macOctets('hmac-sha256')),
    messageAuthScheme: macAlgorithm('hmac-sha256'),
  };
  return algorithmIdentifier('pbmac1', toDer(PBMAC1Params, params));
}

/**
 * Compute PBMAC1 over a message.
 *
 * @param part DER of ProtectedPart exactly as sent or received; never a re-encoding
 * @param secret shared secret as octets; the caller keeps ownership
 * @throws {CertError} DER_MALFORMED: the parameters are none; CMP_ALGORITHM_UNSUPPORTED: key derivation,
 *   prf or MAC is not on the allow-list; LIMIT_EXCEEDED: salt, iterationCount or keyLength out of bounds
 * @see RFC 8018 sections 5.2 and 7.1
 */
export function computePbmac1(
  { keyDerivationFunc, messageAuthScheme }: PBMAC1Params,
  secret: Uint8Array,
  part: Uint8Array,
): Uint8Array {
  const mac = findMac('PBMAC1', 'MAC', messageAuthScheme);
  const derivation = readPbkdf2(keyDerivationFunc, 'PBMAC1');
  // P5: absent, it is as long as the MAC.
  const { keyLength = macOctets(mac) } = derivation;
  assertWithin('PBMAC1', 'keyLength', keyLength, PBMAC1_KEY_OCTETS);
  return hmac(mac, derivePbkdf2(derivation, secret, keyLength, 'PBMAC1'), part);
}

/**
 * Read PBMAC1-params out of a protectionAlg.
 *
 * @throws {CertError} DER_MALFORMED when there are none
 */
export function pbmac1ParamsOf(algorithm: AlgorithmIdentifier): PBMAC1Params {
  return fromDer(PBMAC1Params, algorithm.parameters ?? new Uint8Array());
}

/** Tell whether a protectionAlg is PBMAC1. */
export function isPbmac1({ algorithm }: AlgorithmIdentifier): boolean {
  return algorithm === oids.pbmac1;
}
