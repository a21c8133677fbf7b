import type { Secret } from './scan.ts';

/** How a secret may be written. */
export type Form =
  | 'raw'
  | 'reversed'
  | 'UTF-16'
  | 'hex'
  | 'HEX'
  | 'base64'
  | 'base64url'
  | 'URL-encoded';

/** One part of a secret in one form. */
export interface Needle {
  readonly secret: string;
  readonly form: Form;
  readonly octets: Buffer;
}

/** A shorter needle would be found by chance. */
const minNeedle = 6;

/**
 * Write a secret in all its forms. A long one is written in parts, so that it is found although a page of a database
 * ends within it: whatever is cut in two, all parts but one are whole.
 */
export function needlesOf(secret: Secret): readonly Needle[] {
  return partsOf(Buffer.from(secret.octets)).flatMap((part) =>
    formsOf(part).map(([form, octets]) => ({ secret: secret.name, form, octets })),
  );
}

function partsOf(octets: Buffer): readonly Buffer[] {
  const size = octets.length >= 32 ? 16 : 8;
  if (octets.length < 2 * size) return [octets];
  return Array.from({ length: Math.floor(octets.length / size) }, (_, i) =>
    octets.subarray(i * size, (i + 1) * size),
  );
}

function formsOf(part: Buffer): readonly (readonly [Form, Buffer])[] {
  const hex = part.toString('hex');
  const base64 = alignments(part);
  const url = [...part].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
  const forms: readonly (readonly [Form, Buffer])[] = [
    ['raw', part],
    // As libraries of big numbers and some keystores have it.
    ['reversed', Buffer.from(part.toReversed())],
    ['UTF-16', Buffer.from(part.toString('latin1'), 'utf16le')],
    ['hex', Buffer.from(hex)],
    ['HEX', Buffer.from(hex.toUpperCase())],
    ['URL-encoded', Buffer.from(url)],
    ...base64.map((text) => ['base64', Buffer.from(text)] as const),
    ...base64.map(
      (text) => ['base64url', Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_'))] as const,
    ),
  ];
  return forms.filter(([, octets]) => octets.length >= minNeedle);
}

/** Encode octets as they come out in base64 behind 0, 1 and 2 others: the characters that hold only their bits. */
function alignments(octets: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), octets]).toString('base64');
    const bits = 8 * (before + octets.length);
    return text.slice(Math.ceil((8 * before) / 6), Math.floor(bits / 6));
  });
}

const prefixLength = 3;

/** Needles by their first octets: a haystack is read once, however many needles there are. */
export class NeedleIndex {
  readonly #starts = new Uint8Array(1 << (8 * prefixLength));
  readonly #byPrefix = new Map<number, Needle[]>();

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      const prefix = needle.octets.readUIntBE(0, prefixLength);
      this.#starts[prefix] = 1;
      const others = this.#byPrefix.get(prefix);
      if (others === undefined) this.#byPrefix.set(prefix, [needle]);
      else others.push(needle);
    }
  }

  /** Call back for each needle at each place of a haystack. */
  find(octets: Uint8Array, found: (needle: Needle) => void): void {
    let prefix = 0;
    for (let end = 0; end < octets.length; end++) {
      prefix = ((prefix << 8) | (octets[end] ?? 0)) & 0xffffff;
      if (this.#starts[prefix] !== 1 || end < prefixLength - 1) continue;
      const start = end - prefixLength + 1;
      for (const needle of this.#byPrefix.get(prefix) ?? []) {
        const there = octets.subarray(start, start + needle.octets.length);
        if (needle.octets.equals(there)) found(needle);
      }
    }
  }
}
