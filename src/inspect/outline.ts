import type { DerLimits } from '../asn1/der-reader.ts';
import { DerReader } from '../asn1/der-reader.ts';

const SEQUENCE = 0x30;

/** A SEQUENCE of more elements than this is none of the structures that are told apart. */
const MAX_OUTLINE = 20;

/**
 * Give the tags of the elements of a SEQUENCE, in hexadecimal, and those of its first element, if that is
 * a SEQUENCE, in parentheses behind its own.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function outlineOf(der: Uint8Array, limits: DerLimits): string {
  if (der[0] !== SEQUENCE) return '';
  const tags: string[] = [];
  for (const [tag, element] of elementsOf(der, limits)) {
    const isFirst = tags.length === 0;
    tags.push(tag);
    if (isFirst && element[0] === SEQUENCE) {
      tags.push(
        `(${elementsOf(element, limits)
          .map(([inner]) => inner)
          .join(' ')})`,
      );
    }
  }
  return tags.join(' ');
}

function elementsOf(
  der: Uint8Array,
  limits: DerLimits,
): readonly (readonly [string, Uint8Array])[] {
  const reader = new DerReader(der, 'DER', limits);
  reader.enter(SEQUENCE);
  const elements: (readonly [string, Uint8Array])[] = [];
  while (reader.hasMore() && elements.length < MAX_OUTLINE) {
    const tag = reader.peekTag().toString(16).padStart(2, '0');
    elements.push([tag, reader.element()]);
  }
  return elements;
}
