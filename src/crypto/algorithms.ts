import { CertError } from '../base/errors.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { hasNoParameters, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { DigestName } from './digest.ts';
import { decodePssParameters } from './rsassa-pss.ts';

/** What kind of public key it is, which decides the signature algorithms that go with it. */
export type KeyKind = 'rsa' | 'rsa-pss' | 'ec' | 'ed25519' | 'ed448';

/** One signature algorithm, ready to compute with. */
export interface SignatureScheme {
  /** Undefined where the algorithm hashes by itself (EdDSA). */
  readonly digest: DigestName | undefined;
  readonly keys: readonly KeyKind[];
  /** Present for RSASSA-PSS. */
  readonly saltLength?: number;
}

interface SignatureRow extends SignatureScheme {
  /** What may stand as parameters. */
  readonly parameters: 'absent or NULL' | 'absent';
}

// RFC 4055 section 5 wants NULL for RSA and asks to accept it absent; RFC 5758 section 3.2 and RFC 8410
// section 3 want the others absent.
// oxfmt-ignore
const signatureAlgorithms: ReadonlyMap<Oid, SignatureRow> = new Map<Oid, SignatureRow>([
  [oids.sha1WithRSAEncryption,   { digest: 'sha1',    keys: ['rsa'],     parameters: 'absent or NULL' }],
  [oids.sha256WithRSAEncryption, { digest: 'sha256',  keys: ['rsa'],     parameters: 'absent or NULL' }],
  [oids.sha384WithRSAEncryption, { digest: 'sha384',  keys: ['rsa'],     parameters: 'absent or NULL' }],
  [oids.sha512WithRSAEncryption, { digest: 'sha512',  keys: ['rsa'],     parameters: 'absent or NULL' }],
  [oids.ecdsaWithSHA1,           { digest: 'sha1',    keys: ['ec'],      parameters: 'absent' }],
  [oids.ecdsaWithSHA256,         { digest: 'sha256',  keys: ['ec'],      parameters: 'absent' }],
  [oids.ecdsaWithSHA384,         { digest: 'sha384',  keys: ['ec'],      parameters: 'absent' }],
  [oids.ecdsaWithSHA512,         { digest: 'sha512',  keys: ['ec'],      parameters: 'absent' }],
  [oids.ed25519,                 { digest: undefined, keys: ['ed25519'], parameters: 'absent' }],
  [oids.ed448,                   { digest: undefined, keys: ['ed448'],   parameters: 'absent' }],
]);

const pssKeys: readonly KeyKind[] = ['rsa', 'rsa-pss'];

/**
 * Find what a signature AlgorithmIdentifier asks to compute.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when it is not on the list or has other parameters than
 *   its RFC says; DER_MALFORMED for broken RSASSA-PSS parameters
 */
export function signatureScheme(algorithm: AlgorithmIdentifier): SignatureScheme {
  if (algorithm.algorithm === oids.rsassaPss) {
    // RFC 4055 section 3.1: in a signature they MUST be present.
    if (algorithm.parameters === undefined) return refuse(algorithm, 'its parameters are absent');
    return { keys: pssKeys, ...decodePssParameters(algorithm.parameters) };
  }
  const row = signatureAlgorithms.get(algorithm.algorithm);
  if (row === undefined) return refuse(algorithm, 'not a signature algorithm on our list');
  const isAsExpected =
    algorithm.parameters === undefined ||
    (row.parameters === 'absent or NULL' && hasNoParameters(algorithm));
  // P7: parameters as its RFC says.
  if (!isAsExpected) return refuse(algorithm, `its parameters are not ${row.parameters}`);
  return row;
}

/** Find the digest in a signature algorithm of our list by OID alone; undefined for EdDSA and others. */
export function digestInSignature(algorithm: Oid): DigestName | undefined {
  return signatureAlgorithms.get(algorithm)?.digest;
}

function refuse({ algorithm }: AlgorithmIdentifier, why: string): never {
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot use signature algorithm "${oidName(algorithm)}": ${why}`,
  );
}
