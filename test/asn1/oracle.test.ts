import * as asn1js from 'asn1js';
import { describe, expect, it } from 'vitest';
import { asBuffer, toHex } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import {
  choice,
  explicit,
  fromDer,
  lazy,
  sequenceOf,
  setOf,
  toDer,
  type Codec,
} from '../../src/asn1/codec.ts';
import { defaultDerLimits } from '../../src/asn1/der-reader.ts';
import {
  any,
  bigInteger,
  bitString,
  boolean,
  nullValue,
  objectIdentifier,
  octetString,
  type BitString,
} from '../../src/asn1/primitives.ts';
import { ia5String, printableString, utf8String } from '../../src/asn1/strings.ts';
import { generalizedTime, utcTime } from '../../src/asn1/times.ts';
import { scaled } from '../harness/effort.ts';
import { seeded, type Seeded } from '../harness/seeded.ts';

type Tree =
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'bits'; readonly value: BitString }
  | { readonly type: 'octets'; readonly value: Uint8Array }
  | { readonly type: 'null'; readonly value: null }
  | { readonly type: 'oid'; readonly value: string }
  | { readonly type: 'utf8'; readonly value: string }
  | { readonly type: 'printable'; readonly value: string }
  | { readonly type: 'ia5'; readonly value: string }
  | { readonly type: 'utcTime'; readonly value: Date }
  | { readonly type: 'generalizedTime'; readonly value: Date }
  | { readonly type: 'sequence'; readonly value: readonly Tree[] }
  | { readonly type: 'set'; readonly value: readonly Tree[] }
  | { readonly type: 'tagged'; readonly value: Tree };

const lazyTree: Codec<Tree> = lazy('Tree', () => Tree);
const Tree: Codec<Tree> = choice<Tree>('Tree', {
  boolean,
  integer: bigInteger,
  bits: bitString,
  octets: octetString,
  null: nullValue,
  oid: objectIdentifier,
  utf8: utf8String,
  printable: printableString,
  ia5: ia5String,
  utcTime,
  generalizedTime,
  sequence: sequenceOf(lazyTree),
  set: setOf(lazyTree),
  tagged: explicit(5, lazyTree),
});

function randomTree(random: Seeded, depth: number): Tree {
  const { below } = random;
  switch (below(depth > 0 ? 16 : 11)) {
    case 0:
      return { type: 'boolean', value: below(2) === 1 };
    case 1: {
      const magnitude = BigInt(`0x0${toHex(random.bytes(below(40)))}`);
      return { type: 'integer', value: below(2) === 1 ? magnitude : -magnitude };
    }
    case 2: {
      const octets = random.bytes(1 + below(20));
      const unusedBits = below(8);
      octets[octets.length - 1] = ((octets.at(-1) ?? 0) >> unusedBits) << unusedBits;
      return { type: 'bits', value: { octets, unusedBits } };
    }
    case 3:
      return { type: 'octets', value: random.bytes(below(300)) };
    case 4:
      return { type: 'null', value: null };
    case 5: {
      const arcs = Array.from({ length: below(8) }, () => below(2 ** (1 + below(30))));
      const root = random.pick(['0.9', '1.2', '1.39', '2.5', '2.100', '2.999']);
      return { type: 'oid', value: [root, ...arcs].join('.') };
    }
    case 6:
      return {
        type: 'utf8',
        value: random.pick(['', 'a', 'Zürich', '证书', 'a😀b', 'x'.repeat(200)]),
      };
    case 7:
      return { type: 'printable', value: random.pick(['', 'Test Root CA', "a-b:c=d?('x')"]) };
    case 8:
      return { type: 'ia5', value: random.pick(['', 'gw1.example', 'a@b.example']) };
    case 9: // asn1js has no two-digit year before 1950 or after 2049 either
      return { type: 'utcTime', value: new Date((below(2 ** 31) + 86_400) * 1000) };
    case 10:
      return { type: 'generalizedTime', value: new Date(below(2 ** 31) * 100_000) };
    case 11:
      return { type: 'tagged', value: randomTree(random, depth - 1) };
    case 12: {
      const value = Array.from({ length: 1 + below(5) }, () => randomTree(random, depth - 1));
      return { type: 'set', value: sorted(value) };
    }
    default:
      return {
        type: 'sequence',
        value: Array.from({ length: below(6) }, () => randomTree(random, depth - 1)),
      };
  }
}

/** In the order DER has: asn1js writes a SET as it is given. */
function sorted(values: readonly Tree[]): Tree[] {
  const der = (tree: Tree) => new Uint8Array(toPeer(tree).toBER());
  return values.toSorted((a, b) => Buffer.compare(der(a), der(b)));
}

function toPeer(tree: Tree): asn1js.BaseBlock {
  switch (tree.type) {
    case 'boolean':
      return new asn1js.Boolean({ value: tree.value });
    case 'integer':
      return asn1js.Integer.fromBigInt(tree.value);
    case 'bits': {
      const { octets, unusedBits } = tree.value;
      return new asn1js.BitString({ valueHex: octets, unusedBits });
    }
    case 'octets':
      return new asn1js.OctetString({ valueHex: tree.value });
    case 'null':
      return new asn1js.Null();
    case 'oid':
      return new asn1js.ObjectIdentifier({ value: tree.value });
    case 'utf8':
      return new asn1js.Utf8String({ value: tree.value });
    case 'printable':
      return new asn1js.PrintableString({ value: tree.value });
    case 'ia5':
      return new asn1js.IA5String({ value: tree.value });
    case 'utcTime':
      return new asn1js.UTCTime({ valueDate: tree.value });
    case 'generalizedTime':
      return new asn1js.GeneralizedTime({ valueDate: tree.value });
    case 'sequence':
      return new asn1js.Sequence({ value: tree.value.map(toPeer) });
    case 'set':
      return new asn1js.Set({ value: tree.value.map(toPeer) });
    case 'tagged':
      return new asn1js.Constructed({
        idBlock: { tagClass: 3, tagNumber: 5 },
        value: [toPeer(tree.value)],
      });
  }
}

/** What asn1js reads, in our terms; anything it reads otherwise is a difference. */
function fromPeer(block: asn1js.BaseBlock): Tree {
  const children = (list: readonly asn1js.BaseBlock[]) => list.map(fromPeer);
  if (block instanceof asn1js.Boolean) return { type: 'boolean', value: block.getValue() };
  if (block instanceof asn1js.Integer) return { type: 'integer', value: block.toBigInt() };
  if (block instanceof asn1js.BitString) {
    const { valueHexView, unusedBits } = block.valueBlock;
    return { type: 'bits', value: { octets: Uint8Array.from(valueHexView), unusedBits } };
  }
  if (block instanceof asn1js.OctetString) {
    return { type: 'octets', value: new Uint8Array(block.getValue()) };
  }
  if (block instanceof asn1js.Null) return { type: 'null', value: null };
  if (block instanceof asn1js.ObjectIdentifier) return { type: 'oid', value: block.getValue() };
  if (block instanceof asn1js.Utf8String) return { type: 'utf8', value: block.getValue() };
  if (block instanceof asn1js.PrintableString) {
    return { type: 'printable', value: block.getValue() };
  }
  if (block instanceof asn1js.IA5String) return { type: 'ia5', value: block.getValue() };
  // GeneralizedTime extends UTCTime there.
  if (block instanceof asn1js.GeneralizedTime) {
    return { type: 'generalizedTime', value: block.toDate() };
  }
  if (block instanceof asn1js.UTCTime) return { type: 'utcTime', value: block.toDate() };
  if (block instanceof asn1js.Sequence) {
    return { type: 'sequence', value: children(block.valueBlock.value) };
  }
  if (block instanceof asn1js.Set) return { type: 'set', value: children(block.valueBlock.value) };
  if (block instanceof asn1js.Constructed) {
    const [value] = children(block.valueBlock.value);
    if (value) return { type: 'tagged', value };
  }
  throw new Error(`asn1js read a ${block.constructor.name}`);
}

describe('asn1js as an independent oracle', () => {
  const trees = Array.from({ length: scaled(400) }, (_, seed) => randomTree(seeded(seed), 6));

  it('writes trees that we read as they were meant', () => {
    for (const [seed, tree] of trees.entries()) {
      const der = new Uint8Array(toPeer(tree).toBER());
      expect(structuredClone(fromDer(Tree, der)), `seed ${seed}`).toEqual(tree);
      expect(fromDer(any, der)).toEqual(der);
    }
  });

  it('reads the trees we write, octet for octet as it would write them', () => {
    for (const [seed, tree] of trees.entries()) {
      const der = toDer(Tree, tree);
      const { offset, result } = asn1js.fromBER(der, { parseEmbedded: false });
      expect([result.error, offset], `seed ${seed}`).toEqual(['', der.length]);
      expect(fromPeer(result), `seed ${seed}`).toEqual(tree);
      expect(toHex(der), `seed ${seed}`).toBe(toHex(new Uint8Array(toPeer(tree).toBER())));
    }
  });

  it('has no octets we read one way and write another', () => {
    // What we take is DER, so that there is no second encoding of the same value.
    const limits = { ...defaultDerLimits, maxElements: 1000 };
    for (let seed = 0; seed < scaled(400); seed++) {
      const random = seeded(1_000_000 + seed);
      const der = asBuffer(new Uint8Array(toPeer(randomTree(random, 4)).toBER()));
      for (let i = 0; i < 20; i++) {
        const bent = Uint8Array.from(der);
        bent[random.below(bent.length)] = random.below(256);
        const read = attempt(() => fromDer(Tree, bent, limits));
        const again = read instanceof CertError ? bent : toDer(Tree, structuredClone(read));
        expect(toHex(again), `seed ${seed}`).toBe(toHex(bent));
      }
    }
  });
});

/** The value, or the error when the octets are refused the way they should be. */
function attempt<T>(decode: () => T): T | CertError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
}
