import type { Credential } from '../cmp/protection/credential.ts';
import { describeKey } from '../crypto/public-key.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

/** How much a key, or a secret, withstands: bits of security, RFC 9481 section 7 and NIST SP 800-57 part 1. */
interface Strength {
  readonly bits: number;
  /** What it is, for messages. */
  readonly what: string;
}

/** Modulus lengths and what they are worth, the longest first. */
const rsaStrengths = [
  [15_360, 256],
  [7680, 192],
  [3072, 128],
  [2048, 112],
] as const;

/** What an RSA key below 2048 bits is worth: those are for old CAs only. */
const WEAK_RSA_BITS = 80;

/** No MAC here is worth more: a collision resistant hash of 256 bits, keyed. */
const MAC_BITS = 256;

/**
 * Say in words that a request is protected by less than its key is worth: whoever breaks the protection gets a
 * certificate, and needs not break the key (row P12).
 *
 * @returns undefined when the protection is as strong as the key, or stronger
 * @see RFC 9481 section 7
 */
export function weakProtection(
  credential: Credential,
  requested: SubjectPublicKeyInfo,
): string | undefined {
  const protection = strengthOfProtection(credential);
  const key = strengthOfKey(requested);
  if (protection.bits >= key.bits) return undefined;
  return (
    `${protection.what} (at most ${protection.bits} bits of security) protects the request, ` +
    `which is weaker than the key it is for: ${key.what} (${key.bits})`
  );
}

function strengthOfProtection(credential: Credential): Strength {
  if (credential.type === 'signature') return strengthOfKey(credential.key.spki);
  const octets = credential.secret.length;
  // No more than that, if all octets are random; fewer, if a person chose them.
  return { bits: Math.min(8 * octets, MAC_BITS), what: `a secret of ${octets} octets` };
}

function strengthOfKey(spki: SubjectPublicKeyInfo | Uint8Array): Strength {
  const { keyType, rsaBits } = describeKey(spki);
  if (rsaBits !== undefined) {
    const [, bits] = rsaStrengths.find(([least]) => rsaBits >= least) ?? [0, WEAK_RSA_BITS];
    return { bits, what: keyType };
  }
  switch (keyType) {
    case 'p-384':
      return { bits: 192, what: keyType };
    case 'ed448':
      return { bits: 224, what: keyType };
    case 'p-521':
      return { bits: 256, what: keyType };
    default:
      return { bits: 128, what: keyType };
  }
}
