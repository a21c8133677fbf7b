import { createPrivateKey } from 'node:crypto';
import type { Secret } from './scan.ts';

/**
 * Name what is secret in a private key: the numbers, and not the structure around them, which has the public key
 * in it. They are found in PKCS #8, PKCS #1, SEC 1, JWK and PEM alike.
 *
 * @param pkcs8 DER of PrivateKeyInfo
 */
export function privateKeySecrets(name: string, pkcs8: Uint8Array): readonly Secret[] {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const { d, p, q, dp, dq, qi } = key.export({ format: 'jwk' });
  return Object.entries({ d, p, q, dp, dq, qi }).flatMap(([part, text]) =>
    text === undefined
      ? []
      : [{ name: `${name} (${part})`, octets: Buffer.from(text, 'base64url') }],
  );
}
