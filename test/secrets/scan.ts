import { needlesOf, NeedleIndex, type Form } from './needles.ts';

/** Something that must be in no place it was not put in on purpose. */
export interface Secret {
  /** What it is, to name it without showing it. */
  readonly name: string;
  readonly octets: Uint8Array;
}

/** Where secrets are looked for. */
export interface Haystack {
  /** File, column or command. */
  readonly place: string;
  readonly octets: Uint8Array;
}

/** A secret that was found. */
export interface Finding {
  readonly secret: string;
  readonly form: Form;
  readonly place: string;
}

/**
 * Look for secrets, and for any longer part of one, in each form they may be written in. Whatever is found is
 * told once for a place.
 */
export function makeScanner(secrets: readonly Secret[]): (haystack: Haystack) => Finding[] {
  const index = new NeedleIndex(secrets.flatMap(needlesOf));
  return ({ place, octets }) => {
    const found = new Map<string, Finding>();
    for (const each of [octets, compacted(octets)]) {
      index.find(each, ({ secret, form }) => {
        found.set(`${secret} ${form}`, { secret, form, place });
      });
    }
    return [...found.values()];
  };
}

const dropped: readonly number[] = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x3a];
const backslash = 0x5c;
const escapes: ReadonlySet<number> = new Set(Buffer.from('nrt'));

/**
 * Take out what texts have between the characters of an encoding: line ends and blanks, also as the escapes of JSON,
 * the colons of hexadecimal, and the NUL octets of UTF-16.
 */
function compacted(octets: Uint8Array): Uint8Array {
  const kept = new Uint8Array(octets.length);
  let length = 0;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] ?? 0;
    if (dropped.includes(octet)) continue;
    if (octet === backslash && escapes.has(octets[i + 1] ?? 0)) {
      i++;
      continue;
    }
    kept[length] = octet;
    length++;
  }
  return kept.subarray(0, length);
}
