import { createHmac } from 'node:crypto';
import { utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { oidName, oids } from '../asn1/oids.ts';
import { computePbmac1, pbmac1ParamsOf } from '../cmp/protection/pbmac1.ts';
import { digestAlgorithm as algorithmOf, findDigest } from '../crypto/digest.ts';
import { macEquals } from '../crypto/mac.ts';
import { readPbkdf2 } from '../crypto/pbkdf2.ts';
import type { MacData } from './pfx.ts';
import { bmpPassword, pkcs12Kdf } from './pkcs12-kdf.ts';
import type { Work } from './work.ts';

const macOctets = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const;

/**
 * Check the MAC of a PKCS #12 file: HMAC with a key from PKCS #12's own derivation (RFC 7292 appendix A), or
 * PBMAC1 (RFC 9579).
 *
 * @param content the octets inside of authSafe's OCTET STRING
 * @throws {CertError} KEY_UNUSABLE for a MAC that is not supported, or costs too much; DER_MALFORMED
 */
export function checkPkcs12Mac(
  { mac, macSalt, iterations = 1 }: MacData,
  content: Uint8Array,
  password: string,
  work: Work,
): boolean {
  const { digestAlgorithm, digest } = mac;
  if (digestAlgorithm.algorithm === oids.pbmac1) {
    const params = pbmac1ParamsOf(digestAlgorithm);
    work.spend(readPbkdf2(params.keyDerivationFunc, 'PBMAC1').iterationCount);
    return macEquals(computePbmac1(params, utf8(password), content), digest);
  }
  const hash = findDigest(digestAlgorithm);
  if (hash === undefined) {
    throw new CertError(
      'KEY_UNUSABLE',
      `Cannot check a MAC with "${oidName(digestAlgorithm.algorithm)}"`,
    );
  }
  // No password at all is something else than an empty one, and files have both.
  const forms = password === '' ? [bmpPassword(''), new Uint8Array()] : [bmpPassword(password)];
  return forms.some((form) => {
    work.spend(iterations);
    const key = pkcs12Kdf(hash, 'mac', form, macSalt, iterations, macOctets[hash]);
    return macEquals(Uint8Array.from(createHmac(hash, key).update(content).digest()), digest);
  });
}

/**
 * Make the MAC of a PKCS #12 file: HMAC with SHA-256, its key from PKCS #12's own derivation (RFC 7292 appendix A).
 * PBMAC1 (RFC 9579) would be the better one; few read it before 2025.
 *
 * @param content the octets inside of authSafe's OCTET STRING
 */
export function makePkcs12Mac(
  content: Uint8Array,
  password: string,
  macSalt: Uint8Array,
  iterations: number,
): MacData {
  const form = bmpPassword(password);
  const key = pkcs12Kdf('sha256', 'mac', form, macSalt, iterations, macOctets.sha256);
  return {
    mac: {
      digestAlgorithm: algorithmOf('sha256'),
      digest: Uint8Array.from(createHmac('sha256', key).update(content).digest()),
    },
    macSalt,
    iterations,
  };
}
