import { concatBytes } from '../../src/base/bytes.ts';

/**
 * One element of a message taken apart to be changed. What is written again has right lengths all the way up,
 * except where `length` says otherwise.
 */
export interface Element {
  tag: number;
  /** In place of the octets of the right length. */
  length?: Uint8Array;
  /** Before the elements, when this is a BIT STRING of elements: its octet of unused bits. */
  prefix?: Uint8Array;
  content: Uint8Array | Element[];
}

const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;
const SEQUENCE = 0x30;
const nothing = new Uint8Array();

/** Take DER apart, into OCTET STRINGs and BIT STRINGs too where a SEQUENCE fills them. */
export function parseElements(der: Uint8Array): Element[] | undefined {
  const elements: Element[] = [];
  let at = 0;
  while (at < der.length) {
    const tag = der[at] ?? 0;
    let length = der[at + 1] ?? 0;
    at += 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4) return undefined;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (der[at + i] ?? 0);
      at += count;
    }
    if (at + length > der.length) return undefined;
    const content = der.subarray(at, at + length);
    at += length;
    elements.push(inside(tag, content));
  }
  return elements;
}

function inside(tag: number, content: Uint8Array): Element {
  if (tag & 0x20) {
    const children = parseElements(content);
    if (children) return { tag, content: children };
  }
  if (tag === OCTET_STRING && content[0] === SEQUENCE) {
    const children = parseElements(content);
    if (children) return { tag, content: children };
  }
  if (tag === BIT_STRING && content[0] === 0 && content[1] === SEQUENCE) {
    const children = parseElements(content.subarray(1));
    if (children) return { tag, prefix: content.subarray(0, 1), content: children };
  }
  return { tag, content };
}

/** Write elements one after the other. */
export function writeElements(elements: readonly Element[]): Uint8Array {
  return concatBytes(...elements.map(writeElement));
}

/** Write one element with all that is in it. */
export function writeElement({ tag, length, prefix = nothing, content }: Element): Uint8Array {
  const inner = Array.isArray(content) ? writeElements(content) : content;
  const size = prefix.length + inner.length;
  return concatBytes(Uint8Array.of(tag), length ?? lengthOctets(size), prefix, inner);
}

/** Encode a length as DER has it. */
export function lengthOctets(size: number): Uint8Array {
  if (size < 0x80) return Uint8Array.of(size);
  const octets: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(0x80 | octets.length, ...octets);
}

/** Where an element stands: in which list, at which place. */
export interface Place {
  readonly list: Element[];
  readonly index: number;
  readonly element: Element;
}

/** List every element of a tree, the outer ones first. */
export function placesIn(elements: Element[], found: Place[] = []): Place[] {
  elements.forEach((element, index) => {
    found.push({ list: elements, index, element });
    if (Array.isArray(element.content)) placesIn(element.content, found);
  });
  return found;
}

/** Copy an element with all that is in it. */
export function copyElement(element: Element): Element {
  const { content } = element;
  return { ...element, content: Array.isArray(content) ? content.map(copyElement) : content };
}
