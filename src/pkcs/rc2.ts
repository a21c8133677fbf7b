import { CertError } from '../base/errors.ts';

const BLOCK = 8;

/** The permutation of RFC 2268 section 2, made of the digits of pi. */
const piTable: Uint8Array = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);

const rotations = [1, 2, 3, 5] as const;

/**
 * Decrypt RC2 in CBC mode, padding left on (RFC 2268).
 *
 * Here only because PKCS #12 files of older software hide their certificates, which are public, under RC2
 * with 40 bits, and OpenSSL 3 and so Node can no longer read it. There is no encryption beside it: nothing
 * shall be written with this any more.
 *
 * @param effectiveBits T1 of the RFC
 * @throws {CertError} KEY_UNUSABLE when the octets are no whole blocks
 */
export function decryptRc2Cbc(
  key: Uint8Array,
  effectiveBits: number,
  iv: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  if (data.length % BLOCK !== 0 || iv.length !== BLOCK) {
    throw new CertError('KEY_UNUSABLE', 'Cannot decrypt RC2: the data are no whole blocks');
  }
  const words = expandKey(key, effectiveBits);
  const plain = new Uint8Array(data.length);
  let previous = iv;
  for (let at = 0; at < data.length; at += BLOCK) {
    const block = data.subarray(at, at + BLOCK);
    const opened = decryptBlock(words, block);
    for (let i = 0; i < BLOCK; i++) plain[at + i] = (opened[i] ?? 0) ^ (previous[i] ?? 0);
    previous = block;
  }
  return plain;
}

function pi(octet: number): number {
  return piTable[octet & 0xff] ?? 0;
}

/** RFC 2268 section 2: 64 words of 16 bits. */
function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const octets = new Uint8Array(128);
  const at = (i: number): number => octets[i] ?? 0;
  octets.set(key);
  for (let i = key.length; i < 128; i++) octets[i] = pi(at(i - 1) + at(i - key.length));
  const effectiveOctets = Math.ceil(effectiveBits / 8);
  const first = 128 - effectiveOctets;
  octets[first] = pi(at(first) & (0xff >> (8 * effectiveOctets - effectiveBits)));
  for (let i = first - 1; i >= 0; i--) octets[i] = pi(at(i + 1) ^ at(i + effectiveOctets));
  return Uint16Array.from({ length: 64 }, (_, i) => at(2 * i) | (at(2 * i + 1) << 8));
}

/** RFC 2268 section 4: the steps of encryption, backwards. */
function decryptBlock(words: Uint16Array, block: Uint8Array): Uint8Array {
  const r = Uint16Array.from(
    { length: 4 },
    (_, i) => (block[2 * i] ?? 0) | ((block[2 * i + 1] ?? 0) << 8),
  );
  // Indexes go round: R[-1] is R[3].
  const at = (i: number): number => r[i & 3] ?? 0;
  for (let round = 15, j = 63; round >= 0; round--) {
    for (let i = 3; i >= 0; i--, j--) {
      const shift = rotations[i & 3] ?? 1;
      const turned = (at(i) >>> shift) | (at(i) << (16 - shift));
      r[i] =
        (turned & 0xffff) -
        (words[j] ?? 0) -
        (at(i - 1) & at(i - 2)) -
        (~at(i - 1) & 0xffff & at(i - 3));
    }
    if (round === 11 || round === 5) {
      for (let i = 3; i >= 0; i--) r[i] = at(i) - (words[at(i - 1) & 63] ?? 0);
    }
  }
  const opened = new Uint8Array(BLOCK);
  for (let i = 0; i < 4; i++) {
    opened[2 * i] = at(i) & 0xff;
    opened[2 * i + 1] = at(i) >>> 8;
  }
  return opened;
}
