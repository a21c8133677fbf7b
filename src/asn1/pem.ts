import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';

/** One block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string;
  readonly der: Uint8Array;
}

const block = /-----BEGIN ([^\r\n]*?)-----\s*\n([^-]*?)-----END ([^\r\n]*?)-----/g;

/**
 * Read all blocks of a PEM text; what stands between them (comments, `openssl x509 -text`) is passed over.
 *
 * @throws {CertError} PEM_MALFORMED when there is none, or one does not decode
 */
export function decodePem(text: string): readonly PemBlock[] {
  const blocks = [...text.matchAll(block)].map(([, label = '', body = '', end]) => {
    const base64 = body.replace(/\s+/g, '');
    const der = Buffer.from(base64, 'base64');
    if (label !== end || der.toString('base64') !== base64 || base64 === '') {
      throw new CertError(
        'PEM_MALFORMED',
        `Cannot read PEM block "${label}": not base64 with its end line`,
      );
    }
    return { label, der: Uint8Array.from(der) };
  });
  if (blocks.length === 0) {
    throw new CertError('PEM_MALFORMED', 'Cannot read PEM: no "-----BEGIN …-----" block in it');
  }
  return blocks;
}

/** Write one PEM block with lines of 64 characters and a final newline. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    asBuffer(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** Tell whether a file is PEM rather than DER: DER of ours starts with a SEQUENCE, PEM with text. */
export function looksLikePem(file: Uint8Array): boolean {
  return file[0] !== 0x30 || asBuffer(file).includes('-----BEGIN ');
}
