import {
  constants,
  createECDH,
  createHash,
  privateDecrypt,
  privateEncrypt,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { mechanism } from '../../src/tokens/constants.ts';
import type { Mechanism } from '../../src/tokens/cryptoki.ts';

/**
 * Sign as a token does: what comes is hashed already, and ECDSA gives r and s side by side. node:crypto signs
 * no hash, so ECDSA and the padding of PSS are written out.
 */
export function rawSignature(how: Mechanism, key: KeyObject, data: Buffer): Buffer {
  switch (how.mechanism) {
    case mechanism.ECDSA:
      return ecdsa(key, data);
    case mechanism.RSA_PKCS:
      return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, data);
    default:
      return pss(key, data, how);
  }
}

const orders = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384':
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

/** FIPS 186-5 section 6.4.1. */
function ecdsa(key: KeyObject, hash: Buffer): Buffer {
  const { crv, d: secret = '' } = key.export({ format: 'jwk' });
  const isP384 = crv === 'P-384';
  const n = orders[isP384 ? 'P-384' : 'P-256'];
  const size = isP384 ? 48 : 32;
  const k = (numberOf(randomBytes(size)) % (n - 1n)) + 1n;
  const curve = createECDH(isP384 ? 'secp384r1' : 'prime256v1');
  curve.setPrivateKey(octets(k, size));
  const r = numberOf(curve.getPublicKey().subarray(1, 1 + size)) % n;
  const d = numberOf(Buffer.from(secret, 'base64url'));
  const s = (inverse(k, n) * (numberOf(hash.subarray(0, size)) + r * d)) % n;
  return Buffer.concat([octets(r, size), octets(s, size)]);
}

/** Fermat: n is prime. */
function inverse(value: bigint, n: bigint): bigint {
  let [result, base] = [1n, value % n];
  for (let exponent = n - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % n;
    base = (base * base) % n;
  }
  return result;
}

/** EMSA-PSS, RFC 8017 section 9.1.1, for moduli of whole octets. */
function pss(key: KeyObject, hash: Buffer, { parameter }: Mechanism): Buffer {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const digest = parameter?.hashAlg === mechanism.SHA512 ? 'sha512' : 'sha256';
  const salt = randomBytes(parameter?.saltLen ?? 0);
  const h = createHash(digest).update(Buffer.alloc(8)).update(hash).update(salt).digest();
  const length = bits / 8 - h.length - 1;
  const db = Buffer.concat([Buffer.alloc(length - salt.length - 1), Buffer.from([1]), salt]);
  const mask = mgf1(digest, h, length);
  const masked = Buffer.from(db.map((octet, i) => octet ^ (mask[i] ?? 0)));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  const encoded = Buffer.concat([masked, h, Buffer.from([0xbc])]);
  // Without padding, decrypting is the bare RSA operation.
  return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);
}

function mgf1(digest: string, seed: Buffer, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; parts.length * seed.length < length; i++) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(i);
    parts.push(createHash(digest).update(seed).update(counter).digest());
  }
  return Buffer.concat(parts).subarray(0, length);
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function octets(value: bigint, size: number): Buffer {
  return Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
}
