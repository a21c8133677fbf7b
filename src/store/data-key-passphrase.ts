import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Crypto } from './sealed-value.ts';
import { storeKeyLength } from './store-key.ts';

/** How a passphrase becomes a key: scrypt (RFC 7914) with this salt and cost. */
export interface PassphraseCost {
  /** `scrypt:<log2 N>:<r>:<p>`. */
  readonly kdf: string;
  readonly salt: Uint8Array;
}

/**
 * N = 2^17, r = 8, p = 1: 128 MiB and half a second for one guess, what the OWASP Password Storage Cheat
 * Sheet puts first.
 */
const usualCost = 'scrypt:17:8:1';

const saltLength = 16;

// Whoever altered the row must not make us burn hours, or all of the memory: N from 2^14, where scrypt
// began in 2009, to 2^20, a gigabyte; r and p a few times the usual.
const costLimits = { log2N: [14, 20], r: [1, 16], p: [1, 4], octets: 1_073_741_824 } as const;

/** Choose salt and cost for a passphrase that is set now. */
export function newPassphraseCost(random: Random): PassphraseCost {
  return { kdf: usualCost, salt: random.bytes(saltLength) };
}

/**
 * Derive the store key from a passphrase.
 *
 * @param path of the database, for messages
 * @throws {CertError} STORE_CORRUPT for a salt or a cost that this certkeeper would not have written
 */
export async function deriveStoreKey(
  crypto: Crypto,
  passphrase: Uint8Array,
  { kdf, salt }: PassphraseCost,
  path: string,
): Promise<Uint8Array> {
  const [log2N, r, p] = parseCost(kdf) ?? unusable(kdf, path);
  if (salt.length < saltLength) unusable(`a salt of ${salt.length} octets`, path);
  const N = 2 ** log2N;
  // OpenSSL wants 128·r·(N + p) octets and a little: twice of that is never too little.
  const maxmem = 256 * r * (N + p);
  const cost = { N, r, p, maxmem };
  // In the thread pool: signals and other work get their turn meanwhile.
  return new Promise((resolve, reject) => {
    crypto.scrypt(passphrase, salt, storeKeyLength, cost, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
}

function parseCost(kdf: string): readonly [log2N: number, r: number, p: number] | undefined {
  const found = /^scrypt:(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(kdf);
  if (found === null) return undefined;
  const [log2N, r, p] = [Number(found[1]), Number(found[2]), Number(found[3])];
  return isWithin(log2N, costLimits.log2N) &&
    isWithin(r, costLimits.r) &&
    isWithin(p, costLimits.p) &&
    128 * r * 2 ** log2N <= costLimits.octets
    ? [log2N, r, p]
    : undefined;
}

function isWithin(value: number, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}

function unusable(what: string, path: string): never {
  throw new CertError(
    'STORE_CORRUPT',
    `Cannot use the passphrase of "${path}": ${JSON.stringify(what)} is no way this certkeeper makes a key of it`,
    { hint: 'Put a backup of the store in its place' },
  );
}
