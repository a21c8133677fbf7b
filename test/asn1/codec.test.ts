import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import {
  choice,
  defaulted,
  explicit,
  fromDer,
  implicit,
  lazy,
  mapped,
  optional,
  rawOf,
  sequence,
  sequenceOf,
  setOf,
  sourceOf,
  toDer,
  type Codec,
} from '../../src/asn1/codec.ts';
import { boolean, integer, objectIdentifier, octetString } from '../../src/asn1/primitives.ts';
import { utf8String } from '../../src/asn1/strings.ts';
import { Name, nullDn } from '../../src/x509/name.ts';

interface Person {
  readonly name: string;
  readonly age?: number;
  readonly isKnown: boolean;
}

const Person = sequence<Person>('Person', {
  name: utf8String,
  age: optional(integer),
  isKnown: defaulted(boolean, false),
});

type Contact =
  | { readonly type: 'person'; readonly value: Person }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'key'; readonly value: Uint8Array };

const Contact = choice<Contact>('Contact', {
  person: Person,
  number: integer,
  key: implicit(0, octetString),
});

describe('sequence()', () => {
  it.each<[Person, string]>([
    [{ name: 'a', isKnown: false }, '30030c0161'],
    [{ name: 'a', isKnown: true }, '30060c01610101ff'],
    [{ name: 'a', age: 7, isKnown: true }, '30090c01610201070101ff'],
  ])('writes and reads %j', (person, hex) => {
    expect(toHex(toDer(Person, person))).toBe(hex);
    expect(structuredClone(fromDer(Person, fromHex(hex)))).toEqual(person);
  });

  it('leaves a field out that is absent, and fills in a DEFAULT [H14]', () => {
    const person = fromDer(Person, fromHex('30030c0161'));
    expect('age' in person).toBe(false);
    expect(person.isKnown).toBe(false);
  });

  it('can be tagged implicitly and explicitly', () => {
    const person: Person = { name: 'a', isKnown: false };
    expect(toHex(toDer(implicit(1, Person), person))).toBe('a1030c0161');
    expect(toHex(toDer(explicit(1, Person), person))).toBe('a10530030c0161');
    expect(fromDer(implicit(1, Person), fromHex('a1030c0161')).name).toBe('a');
    expect(fromDer(explicit(1, Person), fromHex('a10530030c0161')).name).toBe('a');
  });
});

describe('explicit()', () => {
  const Wrapped = explicit(2, integer);

  it.each([
    ['nothing in it', 'a200'],
    ['two elements in it', 'a206020101020102'],
    ['a primitive tag', '8203020101'],
    ['another number', 'a303020101'],
  ])('refuses %s', (_, hex) => {
    expect(() => fromDer(Wrapped, fromHex(hex))).toThrow('Cannot decode INTEGER');
  });
});

describe('implicit()', () => {
  it('keeps the constructed bit of what it tags', () => {
    expect(toHex(toDer(implicit(3, integer), 5))).toBe('830105');
    expect(toHex(toDer(implicit(3, sequenceOf(integer)), [5]))).toBe('a303020105');
    expect(() => fromDer(implicit(3, integer), fromHex('a303020105'))).toThrow('expected 0x83');
  });

  it('can be put around itself, the outer number winning', () => {
    const tagged = sequenceOf(integer).withTag(0xa4);
    expect(toHex(toDer(tagged, [1]))).toBe('a403020101');
  });
});

describe('sequenceOf() and setOf()', () => {
  it('keep the order of a SEQUENCE OF and sort a SET OF [H14]', () => {
    expect(toHex(toDer(sequenceOf(integer), [2, 1, 256]))).toBe('300a02010202010102020100');
    expect(toHex(toDer(setOf(integer), [256, 2, 1]))).toBe('310a02010102010202020100');
  });

  it('leave the values they are given as they are', () => {
    const values = [2, 1];
    toDer(setOf(integer), values);
    toDer(sequenceOf(integer), values);
    expect(values).toEqual([2, 1]);
  });
});

describe('choice()', () => {
  it.each<[Contact, string]>([
    [{ type: 'person', value: { name: 'a', isKnown: false } }, '30030c0161'],
    [{ type: 'number', value: 5 }, '020105'],
    [{ type: 'key', value: fromHex('aa') }, '8001aa'],
  ])('writes and reads %j', (contact, hex) => {
    expect(toHex(toDer(Contact, contact))).toBe(hex);
    expect(structuredClone(fromDer(Contact, fromHex(hex)))).toEqual(contact);
  });

  it('refuses a tag that starts no alternative, and the end', () => {
    expect(() => fromDer(Contact, fromHex('0500'))).toThrow('Contact has no alternative');
    expect(() => fromDer(explicit(0, Contact), fromHex('a000'))).toThrow('no alternative');
  });

  it('can be an optional field, found by the tags of its alternatives', () => {
    const codec = sequence<{ readonly a?: Contact; readonly b: string }>('Both', {
      a: optional(Contact),
      b: utf8String,
    });
    expect(fromDer(codec, fromHex('30030c0161')).a).toBeUndefined();
    expect(fromDer(codec, fromHex('30060201050c0161')).a?.type).toBe('number');
  });
});

describe('mapped() and lazy()', () => {
  it('mapped() changes the value and not the octets, under any tag', () => {
    const hex = mapped(octetString, { name: 'Hex', decode: toHex, encode: fromHex });
    expect(toHex(toDer(hex, 'abcd'))).toBe('0402abcd');
    expect(fromDer(implicit(1, hex), fromHex('8102abcd'))).toBe('abcd');
  });

  it('lazy() lets a type contain itself', () => {
    interface Tree {
      readonly children: readonly Tree[];
    }
    const Tree: Codec<Tree> = sequence<Tree>('Tree', {
      children: sequenceOf(lazy('Tree', () => Tree)),
    });
    const tree: Tree = { children: [{ children: [] }, { children: [{ children: [] }] }] };
    expect(structuredClone(fromDer(Tree, toDer(Tree, tree)))).toEqual(tree);
  });
});

describe('the octets a value came from', () => {
  const der = fromHex('300a30030c016130030c0162');
  const [first, second] = fromDer(sequenceOf(Person), der);
  if (!first || !second) throw new Error('two were written');

  it('are those of the element, a view on what was decoded', () => {
    expect(toHex(rawOf(first))).toBe('30030c0161');
    expect(toHex(rawOf(second))).toBe('30030c0162');
    expect(rawOf(first).buffer).toBe(der.buffer);
  });

  it('are remembered by SEQUENCE OF, SET OF and CHOICE too', () => {
    expect(toHex(rawOf(fromDer(sequenceOf(integer), fromHex('3003020101'))))).toBe('3003020101');
    expect(toHex(rawOf(fromDer(setOf(integer), fromHex('3103020101'))))).toBe('3103020101');
    expect(toHex(rawOf(fromDer(Contact, fromHex('020105'))))).toBe('020105');
  });

  it('are remembered of what mapped() makes, when that can remember', () => {
    const Boxed = mapped(sequenceOf(integer), {
      decode: (numbers) => ({ numbers }),
      encode: ({ numbers }) => numbers,
    });
    const tagged = fromDer(explicit(0, implicit(1, Boxed)), fromHex('a005a103020101'));
    expect(toHex(rawOf(tagged))).toBe('a103020101');
    expect(toHex(rawOf(tagged.numbers))).toBe('a103020101');
    const text = mapped(integer, { decode: String, encode: Number });
    expect(fromDer(text, fromHex('020101'))).toBe('1');
    const name = fromDer(Name, fromHex('3000'));
    expect(toHex(rawOf(name))).toBe('3000');
    expect(sourceOf(nullDn)).toBeUndefined();
  });

  it.each([
    ['a changed copy', { ...first, name: 'mallory' }],
    ['an unchanged copy', { ...first }],
    ['a clone', structuredClone(first)],
    ['a value of our own', { name: 'a', isKnown: false }],
    ['a copy of the list', [...fromDer(sequenceOf(Person), der)]],
  ])('are not believed of %s', (_, value) => {
    expect(sourceOf(value)).toBeUndefined();
    expect(() => rawOf(value)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it('play no part when a value is written', () => {
    expect(toHex(toDer(Person, { ...first, name: 'z' }))).toBe('30030c017a');
  });
});

describe('declarations that do not compile:', () => {
  it('a field forgotten', () => {
    // @ts-expect-error -- isKnown is missing
    expect(sequence<Person>('P', { name: utf8String, age: optional(integer) })).toBeDefined();
  });

  it('an optional field without optional()', () => {
    // @ts-expect-error -- age may be absent
    expect(sequence<{ readonly age?: number }>('P', { age: integer })).toBeDefined();
  });

  it('optional() for a field that is always there', () => {
    // @ts-expect-error -- name is always there
    expect(sequence<{ readonly name: string }>('P', { name: optional(utf8String) })).toBeDefined();
  });

  it('a field of another type', () => {
    // @ts-expect-error -- age is a number
    expect(sequence<{ readonly age: number }>('P', { age: utf8String })).toBeDefined();
  });

  it('implicit() on a CHOICE', () => {
    // @ts-expect-error -- a CHOICE has no tag of its own to replace
    expect(() => implicit(0, Contact)).toThrow('withTag');
  });

  it('a CHOICE with an alternative forgotten', () => {
    // @ts-expect-error -- key is missing
    expect(choice<Contact>('C', { person: Person, number: integer })).toBeDefined();
  });

  it('a value with a field forgotten', () => {
    // @ts-expect-error -- isKnown is missing
    expect(toDer(Person, { name: 'a' })).toBeDefined();
  });

  it('an OID where octets are due', () => {
    // @ts-expect-error -- Uint8Array is not text
    expect(() => toDer(objectIdentifier, Uint8Array.of(1))).toThrow('');
  });
});
