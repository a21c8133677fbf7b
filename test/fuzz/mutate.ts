import { concatBytes, fromHex, utf8 } from '../../src/base/bytes.ts';
import { oids } from '../../src/asn1/oids.ts';
import { objectIdentifier } from '../../src/asn1/primitives.ts';
import { toDer } from '../../src/asn1/codec.ts';
import type { Dice } from './dice.ts';
import {
  copyElement,
  lengthOctets,
  parseElements,
  placesIn,
  writeElements,
  type Element,
  type Place,
} from './element.ts';

/** Changes one element of a tree, or leaves it when it cannot. */
type TreeMutation = (place: Place, all: readonly Place[], dice: Dice, other: Uint8Array) => void;
type OctetMutation = (der: Uint8Array, dice: Dice) => Uint8Array;

const INTEGER = 0x02;
const OBJECT_IDENTIFIER = 0x06;

/** Where arithmetic ends: of octets, of 31, 32, 53, 63 and 64 bits, and of lists. */
const numbers: readonly [Uint8Array, ...Uint8Array[]] = [
  fromHex('00'),
  ...'01 02 03 7f ff 80 0080 00ff 7fff 8000 7fffffff 0080000000 00ffffffff 80000000 ff7fffffff'
    .concat(' 1fffffffffffff 20000000000000 7fffffffffffffff 00ffffffffffffffff 8000000000000000')
    .concat(' 0001 ffff 01000000000000000000000000000000 64 65 2710 0186a0 0186a1')
    .split(' ')
    .map(fromHex),
];

const lengths: readonly [Uint8Array, ...Uint8Array[]] = [
  fromHex('00'),
  ...'01 7f 80 8100 8101 81ff 820000 82ffff 83ffffff 84ffffffff 847fffffff 85ffffffffff 88ffffffffffffffff ff'
    .split(' ')
    .map(fromHex),
];

const texts: readonly [string, ...string[]] = [
  '',
  '20261201120000Z',
  '99991231235959Z',
  '00000101000000Z',
  '20260230000000Z',
  '20261201120000.5Z',
  '20261201120000+0100',
  '491231235960Z',
  '\u0000',
  '\u001b[2J',
  '\ud800',
  '\u202eevil',
  'é'.repeat(300),
];

const knownOids: readonly Uint8Array[] = Object.values(oids).map((oid) =>
  toDer(objectIdentifier, oid).subarray(2),
);

const treeMutations: readonly [TreeMutation, ...TreeMutation[]] = [
  function otherTag({ element }, _, dice) {
    element.tag = dice.of([
      dice.below(256),
      element.tag ^ 0x20,
      0xa0 | dice.below(31),
      0x80 | dice.below(31),
      dice.of([0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31]),
    ]);
  },
  function otherLength({ element }, _, dice) {
    const { content } = element;
    const size = Array.isArray(content) ? writeElements(content).length : content.length;
    element.length = dice.of([
      dice.of(lengths),
      lengthOctets(Math.max(0, size + dice.below(9) - 4)),
      concatBytes(Uint8Array.of(0x82), Uint8Array.of(size >> 8, size & 0xff)),
    ]);
  },
  function otherValue({ element }, _, dice) {
    element.content = dice.bytes(dice.below(dice.oneIn(8) ? 300 : 20));
  },
  function flippedBit({ element }, _, dice) {
    if (Array.isArray(element.content) || element.content.length === 0) return;
    element.content = flip(element.content, dice);
  },
  function emptied({ element }) {
    element.content = new Uint8Array();
  },
  function repeated({ list, index, element }, _, dice) {
    const count = dice.oneIn(50) ? 200 : 1 + dice.below(3);
    const copies = Array.from({ length: count }, () => copyElement(element));
    list.splice(index, 0, ...copies);
  },
  function removed({ list, index }) {
    list.splice(index, 1);
  },
  function swapped({ list, index, element }, _, dice) {
    const other = dice.below(list.length);
    const there = list[other];
    if (!there) return;
    list[other] = element;
    list[index] = there;
  },
  function movedWithin({ list, index }, all, dice) {
    const from = dice.any(all);
    if (from) list[index] = copyElement(from.element);
  },
  function spliced({ list, index, element }, _, dice, other) {
    const elements = parseElements(other);
    if (!elements) return;
    const there = placesIn(elements);
    const alike = there.filter((place) => place.element.tag === element.tag);
    const from = dice.any(alike.length > 0 && !dice.oneIn(4) ? alike : there);
    if (from) list[index] = from.element;
  },
  function otherNumber({ element }, all, dice) {
    const place = dice.any(all.filter(({ element: one }) => one.tag === INTEGER));
    (place?.element ?? element).content = dice.of(numbers);
  },
  function otherOid({ element }, all, dice) {
    const place = dice.any(all.filter(({ element: one }) => one.tag === OBJECT_IDENTIFIER));
    const content = dice.any(knownOids);
    if (content) (place?.element ?? element).content = content;
  },
  function otherText({ element }, _, dice) {
    element.content = utf8(dice.of(texts));
  },
  function deepened({ list, index, element }, _, dice) {
    let deep: Element = element;
    const tag = dice.of([0x30, 0x31, 0xa0, 0xa4, 0x24, 0x04]);
    for (let depth = dice.below(dice.oneIn(20) ? 300 : 12); depth >= 0; depth--) {
      deep = { tag, content: [deep] };
    }
    list[index] = deep;
  },
  function grown({ element }, _, dice) {
    if (Array.isArray(element.content)) return;
    const size = dice.of([1, 2, 16, 64, 1024, dice.oneIn(20) ? 200_000 : 4096]);
    element.content = concatBytes(element.content, new Uint8Array(size).fill(dice.below(256)));
  },
  function inserted({ list, index }, _, dice) {
    const tag = dice.of([0x02, 0x04, 0x05, 0x0c, 0x30, 0xa0, dice.below(256)]);
    list.splice(index, 0, { tag, content: dice.bytes(dice.below(6)) });
  },
];

const octetMutations: readonly [OctetMutation, ...OctetMutation[]] = [
  flip,
  (der, dice) => der.slice(0, dice.below(der.length + 1)),
  (der, dice) => concatBytes(der, dice.bytes(1 + dice.below(20))),
  function overwritten(der, dice) {
    const changed = Uint8Array.from(der);
    changed.set(dice.bytes(1), dice.below(der.length || 1) % Math.max(1, der.length - 1));
    return changed;
  },
  function cutOut(der, dice) {
    const at = dice.below(der.length + 1);
    return concatBytes(der.slice(0, at), der.slice(at + 1 + dice.below(16)));
  },
  function putIn(der, dice) {
    const at = dice.below(der.length + 1);
    return concatBytes(der.slice(0, at), dice.bytes(1 + dice.below(8)), der.slice(at));
  },
];

function flip(der: Uint8Array, dice: Dice): Uint8Array {
  const changed = Uint8Array.from(der);
  const at = dice.below(der.length || 1);
  changed[at] = (changed[at] ?? 0) ^ (1 << dice.below(8));
  return changed;
}

/**
 * Change a message, once to four times: mostly its elements, so that lengths stay right around what is wrong,
 * sometimes its bare octets.
 *
 * @param other another message, to take parts from
 */
export function mutate(der: Uint8Array, other: Uint8Array, dice: Dice): Uint8Array {
  let changed = der;
  if (!dice.oneIn(6)) {
    const elements = parseElements(der);
    if (elements) {
      for (let count = dice.of([1, 1, 1, 2, 2, 4]); count > 0; count--) {
        const all = placesIn(elements);
        const place = dice.any(all);
        if (place) dice.of(treeMutations)(place, all, dice, other);
      }
      changed = writeElements(elements);
      if (!dice.oneIn(10)) return changed;
    }
  }
  for (let count = dice.of([1, 1, 2, 4]); count > 0; count--) {
    if (changed.length > 2) changed = dice.of(octetMutations)(changed, dice);
  }
  return changed;
}
