import type { Random } from '../base/random.ts';

/**
 * The random generator of OpenSSL, seeded by the kernel. Its module is loaded at the first octet, because
 * most commands need none.
 */
export const systemRandom: Random = {
  bytes: (length) => Uint8Array.from(process.getBuiltinModule('node:crypto').randomBytes(length)),
};
