import { concatBytes, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';

/** What a message of VICI, charon's control protocol, consists of, in its order. */
export type ViciEntry =
  | { readonly type: 'value'; readonly name: string; readonly value: Uint8Array }
  | { readonly type: 'list'; readonly name: string; readonly items: readonly Uint8Array[] }
  | { readonly type: 'section'; readonly name: string; readonly entries: ViciMessage };

/** A message, or a section of one. */
export type ViciMessage = readonly ViciEntry[];

/** The length of a segment that charon takes and sends (VICI_MESSAGE_SIZE_MAX); with the octet of the packet type. */
export const maxSegmentOctets = 524_288;

/** The length of a value has two octets. */
export const maxValueOctets = 65_535;

/** Those of charon are four deep: an IKE_SA, its CHILD_SAs, one of them, a list in it. */
const maxDepth = 16;

/** An IKE_SA with five children has some 250; four times as many children as anybody has, and room. */
const maxElements = 20_000;

const SECTION_START = 1;
const SECTION_END = 2;
const KEY_VALUE = 3;
const LIST_START = 4;
const LIST_ITEM = 5;
const LIST_END = 6;

/** Name a value: a text, or octets such as DER. */
export function value(name: string, content: string | Uint8Array): ViciEntry {
  return { type: 'value', name, value: octetsOf(content) };
}

/** Name a list of values. */
export function list(name: string, contents: readonly (string | Uint8Array)[]): ViciEntry {
  return { type: 'list', name, items: contents.map(octetsOf) };
}

/** Name a section. */
export function section(name: string, entries: ViciMessage): ViciEntry {
  return { type: 'section', name, entries };
}

function octetsOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? utf8(content) : content;
}

/**
 * Encode a message.
 *
 * @throws {CertError} DELIVERY_FAILED: a name that is none, or a value that is too long for VICI; without the value
 */
export function encodeMessage(message: ViciMessage): Uint8Array {
  const parts: Uint8Array[] = [];
  encodeEntries(message, parts);
  // In memory of its own, which can be overwritten: there may be a key in it.
  return concatBytes(...parts);
}

function encodeEntries(entries: ViciMessage, parts: Uint8Array[]): void {
  for (const entry of entries) {
    if (entry.type === 'value') {
      parts.push(named(KEY_VALUE, entry.name), ...sized(entry.name, entry.value));
    } else if (entry.type === 'list') {
      parts.push(named(LIST_START, entry.name));
      for (const item of entry.items)
        parts.push(Uint8Array.of(LIST_ITEM), ...sized(entry.name, item));
      parts.push(Uint8Array.of(LIST_END));
    } else {
      parts.push(named(SECTION_START, entry.name));
      encodeEntries(entry.entries, parts);
      parts.push(Uint8Array.of(SECTION_END));
    }
  }
}

/** Write a name behind a type. @throws {CertError} DELIVERY_FAILED */
export function named(type: number, name: string): Uint8Array {
  if (!isName(name)) {
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot write "${name.slice(0, 64)}" as a name for charon: it takes 1 to 255 printable ASCII characters`,
    );
  }
  return Uint8Array.of(type, name.length, ...utf8(name));
}

/** Names come in messages of errors: none may hide there. */
function isName(name: string): boolean {
  return /^[\x20-\x7e]{1,255}$/.test(name);
}

function sized(name: string, octets: Uint8Array): readonly Uint8Array[] {
  if (octets.length > maxValueOctets) {
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot send "${name}" to charon: it has ${octets.length} octets, VICI takes at most ${maxValueOctets}`,
    );
  }
  return [Uint8Array.of(octets.length >> 8, octets.length & 0xff), octets];
}

/**
 * Decode a message, strictly: nothing is left over, open or unnamed.
 *
 * @param octets at most a segment; values are copied out of them
 * @throws {CertError} DELIVERY_FAILED with what is wrong
 */
export function decodeMessage(octets: Uint8Array): ViciMessage {
  const reader = new Reader(octets);
  return reader.entries(0);
}

class Reader {
  readonly #octets: Uint8Array;
  #at = 0;
  #elements = 0;

  constructor(octets: Uint8Array) {
    if (octets.length > maxSegmentOctets) throw junk('it is too long');
    this.#octets = octets;
  }

  entries(depth: number): ViciMessage {
    if (depth > maxDepth) throw junk(`sections are more than ${maxDepth} deep`);
    const entries: ViciEntry[] = [];
    for (;;) {
      if (depth === 0 && this.#at === this.#octets.length) return entries;
      const type = this.#type();
      if (type === SECTION_END && depth > 0) return entries;
      entries.push(this.#entry(type, depth));
    }
  }

  #entry(type: number, depth: number): ViciEntry {
    if (type === KEY_VALUE) return { type: 'value', name: this.name(), value: this.#value() };
    if (type === LIST_START) return { type: 'list', name: this.name(), items: this.#items() };
    if (type !== SECTION_START) throw junk(`an element of type ${type} has no place there`);
    return { type: 'section', name: this.name(), entries: this.entries(depth + 1) };
  }

  #items(): readonly Uint8Array[] {
    const items: Uint8Array[] = [];
    for (;;) {
      const type = this.#type();
      if (type === LIST_END) return items;
      if (type !== LIST_ITEM) throw junk(`an element of type ${type} is in a list`);
      items.push(this.#value());
    }
  }

  #type(): number {
    this.#elements += 1;
    if (this.#elements > maxElements) throw junk(`it has more than ${maxElements} elements`);
    return this.#octet();
  }

  name(): string {
    const name = Buffer.from(this.#take(this.#octet())).toString('latin1');
    if (!isName(name)) throw junk('a name has none or strange characters');
    return name;
  }

  #value(): Uint8Array {
    const high = this.#octet();
    return this.#take(high * 256 + this.#octet()).slice();
  }

  #octet(): number {
    return this.#take(1)[0] ?? 0;
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#octets.length) throw junk('it ends too early');
    const taken = this.#octets.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function junk(why: string): CertError {
  return new CertError('DELIVERY_FAILED', `Cannot read a message of charon: ${why}`);
}
