import type { Random } from '../base/random.ts';

/** Octets fetched at a time: to ask for 16 costs as much as to ask for all of these. */
const POOL_OCTETS = 1024;

const pool = new Uint8Array(POOL_OCTETS);
let used = POOL_OCTETS;

/**
 * The random generator of OpenSSL, seeded by the kernel. Its module is loaded at the first octet, because
 * most commands need none.
 */
export const systemRandom: Random = {
  bytes(length) {
    if (length > POOL_OCTETS) return fill(new Uint8Array(length));
    if (used + length > POOL_OCTETS) {
      fill(pool);
      used = 0;
    }
    const octets = pool.slice(used, used + length);
    // Keys come from here too, and are to be in no more places than they have to be.
    pool.fill(0, used, used + length);
    used += length;
    return octets;
  },
};

function fill(octets: Uint8Array): Uint8Array {
  return process.getBuiltinModule('node:crypto').randomFillSync(octets);
}
