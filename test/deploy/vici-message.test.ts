import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import {
  decodeMessage,
  encodeMessage,
  list,
  section,
  value,
  type ViciEntry,
  type ViciMessage,
} from '../../src/deploy/vici-message.ts';
import {
  countIn,
  octetsIn,
  sectionIn,
  sectionsIn,
  textIn,
  textsIn,
} from '../../src/deploy/vici-reading.ts';
import { scaled } from '../harness/effort.ts';
import { type Seeded, seeded } from '../harness/seeded.ts';

/** The example of strongSwan's own description of the protocol. */
const example: ViciMessage = [
  value('key1', 'value1'),
  section('section1', [
    section('sub-section', [value('key2', 'value2')]),
    list('list1', ['item1', 'item2']),
  ]),
];

const exampleHex = [
  '03046b657931000676616c756531',
  '010873656374696f6e31',
  '010b7375622d73656374696f6e',
  '03046b657932000676616c756532',
  '02',
  '04056c69737431',
  '0500056974656d31',
  '0500056974656d32',
  '06',
  '02',
].join('');

/** Any message, not deeper than charon makes them. */
function anyMessage(random: Seeded, depth = 0): ViciMessage {
  return Array.from({ length: random.below(5) }, (): ViciEntry => {
    const name = Array.from({ length: 1 + random.below(12) }, () =>
      String.fromCharCode(0x20 + random.below(0x5f)),
    ).join('');
    const kind = random.below(depth < 4 ? 3 : 2);
    if (kind === 0) return value(name, random.bytes(random.below(40)));
    if (kind === 1)
      return list(
        name,
        Array.from({ length: random.below(4) }, () => random.bytes(random.below(9))),
      );
    return section(name, anyMessage(random, depth + 1));
  });
}

/** What comes of reading it. */
function outcomeOf(octets: Uint8Array): string {
  try {
    decodeMessage(octets);
    return 'read';
  } catch (error) {
    return error instanceof CertError ? error.code : String(error);
  }
}

describe('encodeMessage()', () => {
  it('writes the example of the protocol', () => {
    expect(toHex(encodeMessage(example))).toBe(exampleHex);
  });

  it.each([
    ['no name', ''],
    ['256 characters', 'x'.repeat(256)],
    ['a control character', 'a\nb'],
    ['an umlaut', 'ä'],
  ])('refuses %s as a name', (_what, name) => {
    expect(() => encodeMessage([value(name, 'x')])).toThrow('Cannot write');
  });

  it('refuses a value that is too long, and does not show it', () => {
    expect(() => encodeMessage([value('data', 'geheim'.repeat(10_923))])).toThrow(
      'Cannot send "data" to charon: it has 65538 octets, VICI takes at most 65535',
    );
  });
});

describe('decodeMessage()', () => {
  it('reads what encodeMessage() wrote', () => {
    const random = seeded(1);
    for (let i = 0; i < scaled(300); i += 1) {
      const message = anyMessage(random);
      expect(decodeMessage(encodeMessage(message))).toStrictEqual(message);
    }
  });

  it('reads the longest value', () => {
    const message = [value('data', new Uint8Array(65_535))];
    expect(decodeMessage(encodeMessage(message))).toStrictEqual(message);
  });

  it.each([
    ['a section that stays open', '010178', 'it ends too early'],
    ['the end of a section that was not begun', '02', 'type 2 has no place'],
    ['an item outside of a list', '05000178', 'type 5 has no place'],
    ['the end of a list that was not begun', '06', 'type 6 has no place'],
    ['a list in a list', '04017804017906', 'type 4 is in a list'],
    ['a list that stays open', '040178', 'it ends too early'],
    ['an unknown type', '07', 'type 7 has no place'],
    ['a name that is cut off', '030561', 'it ends too early'],
    ['a value that is cut off', '03016100056162', 'it ends too early'],
    ['half a length', '03016100', 'it ends too early'],
    ['no name', '03000000', 'a name has none or strange characters'],
    ['a name with a newline', '03010a0000', 'a name has none or strange characters'],
  ])('refuses %s', (_what, hex, why) => {
    expect(() => decodeMessage(fromHex(hex))).toThrow(`Cannot read a message of charon: `);
    expect(() => decodeMessage(fromHex(hex))).toThrow(why);
  });

  it('refuses sections that are too deep', () => {
    expect(() => decodeMessage(fromHex('010178'.repeat(17)))).toThrow('more than 16 deep');
  });

  it('refuses too many elements', () => {
    expect(() => decodeMessage(fromHex('0301780000'.repeat(20_001)))).toThrow(
      'more than 20000 elements',
    );
  });

  it('refuses more octets than charon sends', () => {
    expect(() => decodeMessage(new Uint8Array(524_289))).toThrow('it is too long');
  });

  it('reads, or throws nothing but an error of its own', () => {
    const random = seeded(2);
    const samples = [fromHex(exampleHex), encodeMessage(anyMessage(seeded(3)))];
    for (let i = 0; i < scaled(2000); i += 1) {
      const octets = samples[i % samples.length]?.slice() ?? new Uint8Array();
      for (let n = random.below(4); n >= 0; n -= 1)
        octets[random.below(octets.length + 1)] = random.below(8);
      const end = random.below(octets.length + 1);
      const cut = octets.subarray(0, random.below(2) === 0 ? octets.length : end);
      expect(['read', 'DELIVERY_FAILED']).toContain(outcomeOf(cut));
    }
  });
});

describe('what is read from a message', () => {
  it('is found by its name', () => {
    const inner = sectionIn(example, 'section1');
    expect(textIn(example, 'key1')).toBe('value1');
    expect(octetsIn(example, 'key1')).toStrictEqual(utf8('value1'));
    expect(textsIn(inner, 'list1')).toStrictEqual(['item1', 'item2']);
    expect(sectionsIn(inner).map(({ name }) => name)).toStrictEqual(['sub-section']);
  });

  it('is nothing where there is none of that name', () => {
    expect(textIn(example, 'section1')).toBeUndefined();
    expect(textIn(example, '__proto__')).toBeUndefined();
    expect(textsIn(example, 'key1')).toStrictEqual([]);
    expect(sectionIn(example, 'key1')).toStrictEqual([]);
  });

  it('is a count only if it is one', () => {
    expect(countIn([value('n', '12')], 'n')).toBe(12);
    for (const text of ['', '-1', '1.5', '1e3', '9'.repeat(16), 'x'])
      expect(countIn([value('n', text)], 'n')).toBeUndefined();
  });
});
