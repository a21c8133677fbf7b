import { constants, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { explicit, fromDer, optional, sequence, toDer, type TaggedCodec } from '../asn1/codec.ts';
import { oidName, oids } from '../asn1/oids.ts';
import { octetString } from '../asn1/primitives.ts';
import {
  AlgorithmIdentifier,
  algorithmIdentifier,
  hasNoParameters,
} from '../x509/algorithm-identifier.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { findDigest, type DigestName } from './digest.ts';
import { publicKey } from './public-key.ts';

/** RSAES-OAEP-params, RFC 8017 appendix A.2.1. An absent hash is SHA-1, an absent mask MGF1 with SHA-1. */
interface RSAESOAEPParams {
  readonly hashAlgorithm?: AlgorithmIdentifier;
  readonly maskGenAlgorithm?: AlgorithmIdentifier;
  readonly pSourceAlgorithm?: AlgorithmIdentifier;
}

// oxfmt-ignore
const RSAESOAEPParams: TaggedCodec<RSAESOAEPParams> = sequence<RSAESOAEPParams>('RSAES-OAEP-params', {
  hashAlgorithm:    optional(explicit(0, AlgorithmIdentifier)),
  maskGenAlgorithm: optional(explicit(1, AlgorithmIdentifier)),
  pSourceAlgorithm: optional(explicit(2, AlgorithmIdentifier)),
});

/** How a key is encrypted to an RSA key. */
type KeyTransport = { readonly oaepHash: DigestName } | 'pkcs1';

/**
 * Encrypt a key to the holder of an RSA key. The randomness of the padding is OpenSSL's own.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when the algorithm is not on the list, or the key not RSA
 */
export function encryptTo(
  spki: SubjectPublicKeyInfo,
  key: Uint8Array,
  algorithm: AlgorithmIdentifier,
): Uint8Array {
  const transport = keyTransport(algorithm);
  const { kind, keyObject } = publicKey(spki);
  if (kind !== 'rsa') refuse(algorithm, `the key is of kind ${kind}, expected rsa`);
  return Uint8Array.from(publicEncrypt(keyInput(keyObject, transport), asBuffer(key)));
}

/**
 * Decrypt with an RSA key in memory.
 *
 * PKCS #1 v1.5 does not fail for a wrong padding: OpenSSL then gives octets that look as random as a key
 * does (implicit rejection), so that an answer tells nobody whether the padding was right.
 *
 * @returns undefined when it was not encrypted to this key
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when the algorithm is not on the list
 * @see RFC 9481 section 4.2.1
 */
export function decryptWithKeyObject(
  privateKey: KeyObject,
  encrypted: Uint8Array,
  algorithm: AlgorithmIdentifier,
): Uint8Array | undefined {
  const transport = keyTransport(algorithm);
  try {
    return Uint8Array.from(privateDecrypt(keyInput(privateKey, transport), asBuffer(encrypted)));
  } catch {
    return undefined;
  }
}

/** Write RSAES-OAEP with one hash for label and mask, defaults left out as DER wants. */
export function oaepAlgorithm(hash: DigestName): AlgorithmIdentifier {
  const hashAlgorithm = algorithmIdentifier(hash, 'NULL');
  const named = {
    hashAlgorithm,
    maskGenAlgorithm: algorithmIdentifier('mgf1', toDer(AlgorithmIdentifier, hashAlgorithm)),
  };
  return algorithmIdentifier('rsaesOaep', toDer(RSAESOAEPParams, hash === 'sha1' ? {} : named));
}

function keyTransport(algorithm: AlgorithmIdentifier): KeyTransport {
  switch (algorithm.algorithm) {
    case oids.rsaEncryption:
      if (!hasNoParameters(algorithm)) refuse(algorithm, 'it has parameters');
      return 'pkcs1';
    case oids.rsaesOaep:
      return readOaep(algorithm);
    default:
      return refuse(algorithm, 'not a key transport algorithm on our list');
  }
}

function readOaep(algorithm: AlgorithmIdentifier): KeyTransport {
  // RFC 4055 section 4.1: in an encrypted message they are present.
  if (algorithm.parameters === undefined) return refuse(algorithm, 'its parameters are absent');
  const params = fromDer(RSAESOAEPParams, algorithm.parameters);
  const { maskGenAlgorithm: mask, pSourceAlgorithm: source } = params;
  const oaepHash = hashOf(algorithm, params.hashAlgorithm);
  if (mask && (mask.algorithm !== oids.mgf1 || mask.parameters === undefined)) {
    return refuse(algorithm, `its mask is "${oidName(mask.algorithm)}", expected mgf1 with a hash`);
  }
  const maskHash = mask?.parameters && fromDer(AlgorithmIdentifier, mask.parameters);
  // node:crypto has one hash for both.
  if (hashOf(algorithm, maskHash) !== oaepHash) {
    return refuse(algorithm, 'MGF1 is with another hash than the label');
  }
  const hasLabel =
    source &&
    (source.algorithm !== oids.pSpecified ||
      fromDer(octetString, source.parameters ?? new Uint8Array()).length > 0);
  if (hasLabel) return refuse(algorithm, 'it has a label');
  return { oaepHash };
}

function hashOf(oaep: AlgorithmIdentifier, hash: AlgorithmIdentifier | undefined): DigestName {
  // SHA-1 needs no legacy switch here: OAEP does not lean on collisions being hard to find.
  if (hash === undefined) return 'sha1';
  return findDigest(hash) ?? refuse(oaep, `its hash is "${oidName(hash.algorithm)}"`);
}

function keyInput(key: KeyObject, transport: KeyTransport) {
  return transport === 'pkcs1'
    ? { key, padding: constants.RSA_PKCS1_PADDING }
    : { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: transport.oaepHash };
}

function refuse({ algorithm }: AlgorithmIdentifier, why: string): never {
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot use key transport algorithm "${oidName(algorithm)}": ${why}`,
  );
}
