import { CertError } from '../base/errors.ts';
import { fromDer, sequence, type TaggedCodec } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { integer, octetString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { PBKDF2_ITERATIONS, PBKDF2Params } from './pbkdf2.ts';

/** EncryptedPrivateKeyInfo, RFC 5958 section 3. */
export interface EncryptedPrivateKeyInfo {
  readonly encryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedData: Uint8Array;
}

// oxfmt-ignore
export const EncryptedPrivateKeyInfo: TaggedCodec<EncryptedPrivateKeyInfo> = sequence<EncryptedPrivateKeyInfo>('EncryptedPrivateKeyInfo', {
  encryptionAlgorithm: AlgorithmIdentifier,
  encryptedData:       octetString,
});

/** PBES2-params, RFC 8018 appendix A.4. */
export interface PBES2Params {
  readonly keyDerivationFunc: AlgorithmIdentifier;
  readonly encryptionScheme: AlgorithmIdentifier;
}

// oxfmt-ignore
export const PBES2Params: TaggedCodec<PBES2Params> = sequence<PBES2Params>('PBES2-params', {
  keyDerivationFunc: AlgorithmIdentifier,
  encryptionScheme:  AlgorithmIdentifier,
});

/** PBEParameter of PBES1 (RFC 8018 appendix A.3) and pkcs-12PbeParams (RFC 7292 appendix C): the same. */
export interface PBEParameter {
  readonly salt: Uint8Array;
  readonly iterationCount: number;
}

// oxfmt-ignore
export const PBEParameter: TaggedCodec<PBEParameter> = sequence<PBEParameter>('PBEParameter', {
  salt:           octetString,
  iterationCount: integer,
});

/**
 * Refuse an encrypted key that asks for more iterations than anybody should wait for, before OpenSSL begins to
 * compute them. For scrypt OpenSSL has a limit of its own, on memory.
 *
 * @param der EncryptedPrivateKeyInfo
 * @throws {CertError} KEY_UNUSABLE when there are too many; DER_MALFORMED
 */
export function assertAffordable(der: Uint8Array): void {
  const { algorithm, parameters = new Uint8Array() } = fromDer(
    EncryptedPrivateKeyInfo,
    der,
  ).encryptionAlgorithm;
  const iterations =
    algorithm === oids.pbes2
      ? iterationsOf(fromDer(PBES2Params, parameters).keyDerivationFunc)
      : fromDer(PBEParameter, parameters).iterationCount;
  if (iterations === undefined || iterations <= PBKDF2_ITERATIONS.max) return;
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot read the private key: its encryption has ${iterations} iterations, allowed are ${PBKDF2_ITERATIONS.max}`,
    { hint: 'Encrypt a copy with fewer: openssl pkcs8 -topk8 -in FILE -out COPY' },
  );
}

function iterationsOf({ algorithm, parameters }: AlgorithmIdentifier): number | undefined {
  if (algorithm !== oids.pbkdf2) return undefined;
  return fromDer(PBKDF2Params, parameters ?? new Uint8Array()).iterationCount;
}
