import { toHex } from '../../src/base/bytes.ts';
import {
  softwareKeys,
  type GeneratedKey,
  type KeyProvider,
  type SigningKey,
} from '../../src/crypto/keys.ts';

/** More than a gateway has at one time by far: a store takes each key once. */
const poolSize = 2000;

const pools = new Map<number, Promise<readonly GeneratedKey[]>>();

/**
 * Give keys that were made before, in turn: a simulated gateway needs tens of thousands, and nothing it does may
 * depend on their octets.
 */
export async function pooledKeys(size: number = poolSize): Promise<KeyProvider> {
  const pool =
    pools.get(size) ??
    Promise.all(Array.from({ length: size }, () => softwareKeys.generate('p-256')));
  pools.set(size, pool);
  const keys = await pool;
  const loaded = new Map<string, SigningKey>();
  let next = 0;
  return {
    async generate() {
      const key = keys[next++ % keys.length];
      if (key === undefined) throw new Error('The pool has no keys');
      return key;
    },
    load(pkcs8) {
      const hex = toHex(pkcs8);
      const known = loaded.get(hex) ?? softwareKeys.load(pkcs8);
      loaded.set(hex, known);
      return known;
    },
  };
}
