import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../src/asn1/pem.ts';

/** Path of a file in test/vectors/pkcs12. */
export function vectorPath(name: string): string {
  return join(import.meta.dirname, '../vectors/pkcs12', name);
}

/** Octets of a file in test/vectors/pkcs12. */
export function vector(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(vectorPath(name)));
}

/** The password of nearly all of them. */
export const password = 'geheim';

/** DER of a certificate among them. */
export function vectorCertificate(name: string): Uint8Array {
  const [block] = decodePem(readFileSync(vectorPath(`${name}.crt`), 'utf8'));
  if (!block) throw new Error(`no certificate in ${name}.crt`);
  return block.der;
}
