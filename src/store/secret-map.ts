import { fromHex, toHex, utf8 } from '../base/bytes.ts';

/** Encode secrets by their words, to be sealed as one value: JSON, in it hexadecimal. */
export function encodeSecrets(secrets: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return utf8(JSON.stringify([...secrets].map(([word, value]) => [word, toHex(value)])));
}

/** Decode what `encodeSecrets` encoded and nobody altered: it was sealed. */
export function decodeSecrets(encoded: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const pairs: readonly (readonly [string, string])[] = JSON.parse(
    new TextDecoder().decode(encoded),
  );
  return new Map(pairs.map(([word, hex]) => [word, fromHex(hex)]));
}
