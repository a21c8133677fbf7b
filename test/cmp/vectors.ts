import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../src/asn1/pem.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { decodeMessage, type PKIMessage } from '../../src/cmp/message/pki-message.ts';
import { decodeCertificate, type Certificate } from '../../src/x509/certificate.ts';

const directory = join(import.meta.dirname, '../vectors/openssl-cmp-3.0');

/** The shared secret of the captured MAC-protected messages. */
export const vectorSecret: Uint8Array = utf8('s3cret');

/** A moment at which every certificate beside the messages is valid. */
export const vectorTime: Date = new Date('2027-01-01T00:00:00Z');

/** Read the DER of one captured message, `ir-pbm.req1` for instance. */
export function vectorDer(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(directory, `${name}.der`)));
}

/** Read and decode one captured message. */
export function vectorMessage(name: string): PKIMessage {
  return decodeMessage(vectorDer(name));
}

/** Names of all captured messages. */
export const vectorNames: readonly string[] = readdirSync(directory)
  .filter((file) => file.endsWith('.der'))
  .map((file) => file.slice(0, -'.der'.length))
  .toSorted();

/** Read one of the certificates beside the messages: `ca`, `srv`, `client`, `ee`, … */
export function vectorCertificate(name: string): Certificate {
  const pem = readFileSync(join(directory, `${name}.crt`), 'latin1');
  return decodeCertificate(decodePem(pem)[0]?.der ?? new Uint8Array());
}
