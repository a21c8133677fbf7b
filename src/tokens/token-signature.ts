import { sequence, toDer, type TaggedCodec } from '../asn1/codec.ts';
import { bigInteger, octetString } from '../asn1/primitives.ts';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { signatureScheme } from '../crypto/algorithms.ts';
import { digest, type DigestName } from '../crypto/digest.ts';
import type { KeyDescription } from '../crypto/public-key.ts';
import { assertFits } from '../crypto/signature.ts';
import { AlgorithmIdentifier, algorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { mechanism } from './constants.ts';
import type { Mechanism } from './cryptoki.ts';
import { unsigned } from './key-objects.ts';

/** ECDSA-Sig-Value, RFC 5480 appendix A. */
interface EcdsaSigValue {
  readonly r: bigint;
  readonly s: bigint;
}

// oxfmt-ignore
const EcdsaSigValue: TaggedCodec<EcdsaSigValue> = sequence<EcdsaSigValue>('ECDSA-Sig-Value', {
  r: bigInteger,
  s: bigInteger,
});

/** DigestInfo, RFC 8017 appendix A.2.4. */
interface DigestInfo {
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly digest: Uint8Array;
}

// oxfmt-ignore
const DigestInfo: TaggedCodec<DigestInfo> = sequence<DigestInfo>('DigestInfo', {
  digestAlgorithm: AlgorithmIdentifier,
  digest:          octetString,
});

// oxfmt-ignore
const hashes: Readonly<Record<DigestName, { readonly hashAlg: number; readonly mgf: number }>> = {
  sha1:   { hashAlg: mechanism.SHA_1,  mgf: mechanism.MGF1_SHA1 },
  sha256: { hashAlg: mechanism.SHA256, mgf: mechanism.MGF1_SHA256 },
  sha384: { hashAlg: mechanism.SHA384, mgf: mechanism.MGF1_SHA384 },
  sha512: { hashAlg: mechanism.SHA512, mgf: mechanism.MGF1_SHA512 },
};

/** What a token is given to sign, and how its answer becomes a signature. */
export interface TokenSigning {
  readonly mechanism: Mechanism;
  readonly input: Uint8Array;
  finish(octets: Uint8Array): Uint8Array;
}

/**
 * Prepare a signature by a token. The octets are hashed here: the mechanisms that hash are missing in many
 * tokens (ECDSA with SHA-256 in SoftHSM 2.6), and a message need not travel to a slow one.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED
 */
export function prepareSigning(
  key: KeyDescription,
  data: Uint8Array,
  algorithm: AlgorithmIdentifier,
): TokenSigning {
  const scheme = signatureScheme(algorithm);
  assertFits(algorithm, scheme, key);
  const { digest: name, saltLength } = scheme;
  if (name === undefined) {
    throw new CertError(
      'CMP_ALGORITHM_UNSUPPORTED',
      `Cannot sign with a ${key.keyType} key in a token`,
    );
  }
  const hash = digest(name, data);
  if (key.kind === 'ec') {
    return { mechanism: { mechanism: mechanism.ECDSA }, input: hash, finish: ecdsaValue };
  }
  if (saltLength === undefined) {
    // RFC 8017 section 9.2: in a DigestInfo the parameters are NULL.
    const digestAlgorithm = algorithmIdentifier(name, 'NULL');
    const input = toDer(DigestInfo, { digestAlgorithm, digest: hash });
    return { mechanism: { mechanism: mechanism.RSA_PKCS }, input, finish: asTheyAre };
  }
  const parameter = { type: mechanism.PSS_PARAMETERS, ...hashes[name], saltLen: saltLength };
  const pss = { mechanism: mechanism.RSA_PKCS_PSS, parameter };
  return { mechanism: pss, input: hash, finish: asTheyAre };
}

/** Longest signature there is: RSA of 8192 bits. */
const MAX_SIGNATURE_OCTETS = 1024;

/** Give room for a signature. */
export function signatureBuffer(): Buffer {
  return asBuffer(new Uint8Array(MAX_SIGNATURE_OCTETS));
}

/** A token gives r and s one behind the other, each as long as the curve's order. */
function ecdsaValue(octets: Uint8Array): Uint8Array {
  const half = octets.length / 2;
  return toDer(EcdsaSigValue, {
    r: unsigned(octets.subarray(0, half)),
    s: unsigned(octets.subarray(half)),
  });
}

function asTheyAre(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(octets);
}
