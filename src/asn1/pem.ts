import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';

/** One block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, … */
  readonly label: string;
  readonly der: Uint8Array;
}

/** Longest label that is taken for one: the longest in use, `ENCRYPTED PRIVATE KEY`, has 21 characters. */
const MAX_LABEL_CHARACTERS = 64;

// RFC 7468 section 3, but without a "-": what lost its line ends has the octets of a key where the label ends.
const begin = new RegExp(`^-----BEGIN ([!-,.-~ ]{0,${MAX_LABEL_CHARACTERS}})-----$`);

/**
 * Read all blocks of a PEM text; what stands between them (comments, `openssl x509 -text`) is passed over,
 * but a block that is cut off or damaged never is.
 *
 * @throws {CertError} PEM_MALFORMED when there is none, or one does not decode
 */
export function decodePem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { readonly label: string; readonly body: string[] } | undefined;
  for (const line of text.split(/\r\n|[\r\n]/).map((raw) => raw.trim().replace(/^\ufeff/, ''))) {
    const label = begin.exec(line)?.[1];
    if (label !== undefined) {
      if (open) refuse(open.label, 'it has no end line');
      open = { label, body: [] };
    } else if (line.startsWith('-----BEGIN ')) {
      // Not quoted: all of a key may stand in this line.
      throw new CertError(
        'PEM_MALFORMED',
        'Cannot read PEM: there is a line with more than "-----BEGIN …-----" in it',
        {
          hint: 'Give it with the line ends it was written with, or convert it again with openssl',
        },
      );
    } else if (open && line === `-----END ${open.label}-----`) {
      blocks.push({ label: open.label, der: decodeBody(open.label, open.body) });
      open = undefined;
    } else {
      open?.body.push(line);
    }
  }
  if (open) refuse(open.label, 'it has no end line');
  if (blocks.length === 0) {
    throw new CertError('PEM_MALFORMED', 'Cannot read PEM: no "-----BEGIN …-----" block in it');
  }
  return blocks;
}

/** A block as text, from the line that begins it to the line that ends it. */
export interface PemText {
  readonly label: string;
  readonly text: string;
  /** Where it begins in the whole. */
  readonly start: number;
}

/**
 * Find blocks without looking into them; what is not ended is none. One pass over the text, however many blocks
 * somebody begins in it.
 *
 * @param isWanted which labels to look for
 */
export function findPemTexts(
  pem: string,
  isWanted: (label: string) => boolean = () => true,
): readonly PemText[] {
  const ends = new Map<string, number[]>();
  for (const { 0: text, 1: label = '', index } of pem.matchAll(/-----END ([^\r\n-]{1,64})-----/g)) {
    const known = ends.get(label);
    if (known) known.push(index + text.length);
    else ends.set(label, [index + text.length]);
  }
  // Taken from the end, nearest first.
  for (const positions of ends.values()) positions.reverse();
  const found: PemText[] = [];
  let from = 0;
  for (const { 1: label = '', index: start } of pem.matchAll(/-----BEGIN ([^\r\n-]{1,64})-----/g)) {
    if (start < from || !isWanted(label)) continue;
    const positions = ends.get(label) ?? [];
    while ((positions.at(-1) ?? Infinity) <= start) positions.pop();
    const end = positions.pop();
    if (end === undefined) continue;
    found.push({ label, text: pem.slice(start, end), start });
    from = end;
  }
  return found;
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

function decodeBody(label: string, lines: readonly string[]): Uint8Array {
  // RFC 1421 headers come with the encrypted keys of old OpenSSL, which nothing here can read.
  if (lines.some((line) => line.includes(':'))) refuse(label, 'it has headers (RFC 1421)');
  const base64 = lines.join('').replace(/\s+/g, '');
  const der = Buffer.from(base64, 'base64');
  if (base64 === '' || der.toString('base64') !== base64) refuse(label, 'it is not base64');
  return Uint8Array.from(der);
}

function refuse(label: string, why: string): never {
  throw new CertError('PEM_MALFORMED', `Cannot read PEM block "${label}": ${why}`);
}
