import { createDecipheriv } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { octetString } from '../asn1/primitives.ts';
import { PBEParameter, PBES2Params } from '../crypto/encrypted-private-key-info.ts';
import { derivePbkdf2, readPbkdf2 } from '../crypto/pbkdf2.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { bmpPassword, pkcs12Kdf } from './pkcs12-kdf.ts';
import { decryptRc2Cbc } from './rc2.ts';
import type { Work } from './work.ts';

/** A block cipher in CBC mode: how long its key is, and how it decrypts, padding and all. */
interface Cipher {
  readonly keyOctets: number;
  readonly ivOctets: number;
  decrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
}

const desEde3 = cipherOfNode('des-ede3-cbc', 24, 8);

/** What PBES2 may encrypt with here. */
const schemes: ReadonlyMap<Oid, Cipher> = new Map([
  [oids.aes128CBC, cipherOfNode('aes-128-cbc', 16, 16)],
  [oids.aes192CBC, cipherOfNode('aes-192-cbc', 24, 16)],
  [oids.aes256CBC, cipherOfNode('aes-256-cbc', 32, 16)],
  [oids.desEDE3Cbc, desEde3],
]);

/** The kinds of PKCS #12 itself, all with SHA-1; those with RC4 are not among them. */
const oldKinds: ReadonlyMap<Oid, Cipher> = new Map([
  [oids.pbeWithSHAAnd3KeyTripleDesCbc, desEde3],
  [
    oids.pbeWithSHAAnd2KeyTripleDesCbc,
    {
      keyOctets: 16,
      ivOctets: 8,
      decrypt: (key, iv, data) =>
        desEde3.decrypt(Buffer.concat([key, key.subarray(0, 8)]), iv, data),
    },
  ],
  [oids.pbeWithSHAAnd128BitRC2Cbc, rc2(16)],
  [oids.pbeWithSHAAnd40BitRC2Cbc, rc2(5)],
]);

/** A salt of a file: 8 or 16 octets everywhere, 20 with Java. */
const MAX_SALT_OCTETS = 1024;

/**
 * Decrypt what a file keeps under a password: PBES2 with PBKDF2 (RFC 8018 section 6.2), or one of the old
 * kinds of PKCS #12 (RFC 7292 appendix C).
 *
 * @returns the octets in clear, or undefined when their padding shows that the password is another. One
 *   wrong password in about 200 gets past that.
 * @throws {CertError} KEY_UNUSABLE: not a kind of ours, or too many iterations; DER_MALFORMED: bad parameters
 */
export function decryptWithPassword(
  { algorithm, parameters = new Uint8Array() }: AlgorithmIdentifier,
  password: string,
  data: Uint8Array,
  work: Work,
): Uint8Array | undefined {
  if (algorithm === oids.pbes2) {
    return decryptPbes2(fromDer(PBES2Params, parameters), password, data, work);
  }
  const cipher = oldKinds.get(algorithm) ?? refuse(`"${oidName(algorithm)}"`);
  const { salt, iterationCount: iterations } = fromDer(PBEParameter, parameters);
  checkSalt(salt);
  const derive = (purpose: 'key' | 'iv', length: number): Uint8Array => {
    work.spend(iterations * Math.ceil(length / 20));
    return pkcs12Kdf('sha1', purpose, bmpPassword(password), salt, iterations, length);
  };
  const key = derive('key', cipher.keyOctets);
  return opened(cipher, key, derive('iv', cipher.ivOctets), data);
}

function decryptPbes2(
  { keyDerivationFunc, encryptionScheme }: PBES2Params,
  password: string,
  data: Uint8Array,
  work: Work,
): Uint8Array | undefined {
  const cipher =
    schemes.get(encryptionScheme.algorithm) ??
    refuse(`PBES2 and "${oidName(encryptionScheme.algorithm)}"`);
  const derivation = readPbkdf2(keyDerivationFunc, 'PBES2');
  const { iterationCount, keyLength = cipher.keyOctets } = derivation;
  if (keyLength !== cipher.keyOctets) refuse(`PBES2 and a key of ${keyLength} octets`);
  const iv = fromDer(octetString, encryptionScheme.parameters ?? new Uint8Array());
  if (iv.length !== cipher.ivOctets) refuse(`PBES2 and an IV of ${iv.length} octets`);
  work.spend(iterationCount);
  const key = derivePbkdf2(derivation, utf8(password), keyLength, 'PBES2');
  return opened(cipher, key, iv, data);
}

function opened(
  cipher: Cipher,
  key: Uint8Array,
  iv: Uint8Array,
  data: Uint8Array,
): Uint8Array | undefined {
  try {
    return cipher.decrypt(key, iv, data);
  } catch {
    // Bad padding. What OpenSSL says of it ("bad decrypt") helps nobody.
    return undefined;
  }
}

function cipherOfNode(name: string, keyOctets: number, ivOctets: number): Cipher {
  return {
    keyOctets,
    ivOctets,
    decrypt(key, iv, data) {
      const decipher = createDecipheriv(name, key, iv);
      return Uint8Array.from(Buffer.concat([decipher.update(data), decipher.final()]));
    },
  };
}

function rc2(keyOctets: number): Cipher {
  return {
    keyOctets,
    ivOctets: 8,
    decrypt: (key, iv, data) => withoutPadding(decryptRc2Cbc(key, keyOctets * 8, iv, data)),
  };
}

/** RFC 8018 section 6.1.1: as many octets as the last one says, all the same. */
function withoutPadding(padded: Uint8Array): Uint8Array {
  const count = padded.at(-1) ?? 0;
  const padding = padded.subarray(-count);
  if (count < 1 || count > 8 || padding.length < count || padding.some((each) => each !== count)) {
    throw new CertError('KEY_UNUSABLE', 'Cannot decrypt: the padding is wrong');
  }
  return padded.subarray(0, -count);
}

function checkSalt(salt: Uint8Array): void {
  if (salt.length <= MAX_SALT_OCTETS) return;
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot decrypt with a salt of ${salt.length} octets: allowed are ${MAX_SALT_OCTETS}`,
  );
}

function refuse(what: string): never {
  throw new CertError('KEY_UNUSABLE', `Cannot decrypt what is encrypted by ${what}`);
}
