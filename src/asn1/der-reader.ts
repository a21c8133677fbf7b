import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';

/**
 * What one decode may cost at the most. A peer chooses the bytes; these are ours.
 */
export interface DerLimits {
  readonly maxOctets: number;
  /** PKIMessage with a nested message, a certificate in it and a name in that reaches about 22. */
  readonly maxDepth: number;
  /** Elements read, nested ones included. A PKIMessage with ten certificates has about 1 500. */
  readonly maxElements: number;
}

/** Limits for everything that has no reason to need others. */
export const defaultDerLimits: DerLimits = {
  maxOctets: 8 * 1024 * 1024,
  maxDepth: 40,
  maxElements: 100_000,
};

/**
 * Departures from DER that certificates of real CAs contain and every validator accepts. Admitted inside
 * certificates and CRLs only, and reported by `toleratedIn`.
 */
export type Tolerance = keyof typeof tolerances;

/** Each tolerance with the reason why it is one. */
export const tolerances = {
  'DEFAULT encoded': '`critical FALSE` or `cA FALSE` written out; the meaning cannot be mistaken',
  'serialNumber out of range':
    'negative or longer than 20 octets; RFC 5280 section 4.1.2.2 asks to handle them gracefully',
  'PrintableString character':
    '`@`, `*`, `&` or `_` in a PrintableString; names are compared by octets and folded text all the same',
  'named bits not trimmed': 'trailing zero bits in a KeyUsage; the meaning cannot be mistaken',
} as const;

const CONSTRUCTED = 0x20;
const SET = 0x31;

/**
 * A cursor over DER octets. Strict: definite minimal lengths only, one-octet tags only (no structure
 * of CMP, CRMF or PKIX has a tag number over 30), everything counted against the limits.
 */
export class DerReader {
  readonly bytes: Uint8Array;
  position = 0;
  end: number;
  /** Innermost structure and field being read, for messages. */
  where: string;
  /** Where tolerated departures are noted; undefined while reading strictly. */
  tolerated: Tolerance[] | undefined;
  private depth = 0;
  private elements = 0;
  private readonly limits: DerLimits;
  private buffer: Buffer | undefined;

  constructor(bytes: Uint8Array, where: string, limits: DerLimits = defaultDerLimits) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.where = where;
    this.limits = limits;
    if (bytes.length > limits.maxOctets) {
      this.exceeded(`${bytes.length} octets are more than the limit of ${limits.maxOctets}`);
    }
  }

  hasMore(): boolean {
    return this.position < this.end;
  }

  /** Tag of the next element, or -1 at the end. */
  peekTag(): number {
    return this.position < this.end ? (this.bytes[this.position] ?? -1) : -1;
  }

  /** Step over a primitive element and give the start of its content, which ends at the position then. */
  content(tag: number): number {
    const contentEnd = this.header(tag);
    const start = this.position;
    this.position = contentEnd;
    return start;
  }

  /** The octets from `start` to the position as ISO 8859-1 text. */
  latin1(start: number): string {
    this.buffer ??= asBuffer(this.bytes);
    return this.buffer.toString('latin1', start, this.position);
  }

  /**
   * Step into a constructed element.
   *
   * @returns the end of what is around it; hand it to `leave`
   */
  enter(tag: number): number {
    const contentEnd = this.header(tag);
    const outer = this.end;
    this.end = contentEnd;
    if (++this.depth > this.limits.maxDepth) {
      this.exceeded(`nesting is deeper than ${this.limits.maxDepth}`);
    }
    return outer;
  }

  /** Step out of a constructed element; all of it must have been read. */
  leave(outer: number): void {
    if (this.position !== this.end) this.fail('an element follows that does not belong there');
    this.end = outer;
    this.depth--;
  }

  /**
   * Step over one whole element of any tag, checking that it is DER all the way down, and give its octets.
   * What needs the ASN.1 module to tell is not checked: defaults that are written out, trailing zeros of
   * named bits, and all of what stands under an implicit tag, as the order of a SET OF.
   */
  element(): Uint8Array {
    const start = this.position;
    this.skip();
    return this.bytes.subarray(start, this.position);
  }

  /** Note a departure from DER that is tolerated here, or refuse it. */
  tolerate(tolerance: Tolerance, why: string): void {
    if (this.tolerated === undefined) this.fail(why);
    if (!this.tolerated.includes(tolerance)) this.tolerated.push(tolerance);
  }

  fail(why: string): never {
    throw new CertError(
      'DER_MALFORMED',
      `Cannot decode ${this.where}: ${why} (octet ${this.position})`,
    );
  }

  private skip(): void {
    const tag = this.peekTag();
    if (tag === -1) this.fail('an element is missing');
    if ((tag & CONSTRUCTED) === 0) {
      this.checkPrimitive(tag, this.content(tag));
      return;
    }
    const outer = this.enter(tag);
    if (tag === SET) this.skipSet();
    else while (this.hasMore()) this.skip();
    this.leave(outer);
  }

  /**
   * The elements of a SET OF are sorted by their encodings, those of a SET by their tags (X.690 sections
   * 11.6 and 10.3); from outside the two look the same, so that either order will do.
   */
  private skipSet(): void {
    const buffer = (this.buffer ??= asBuffer(this.bytes));
    let isSorted = true;
    let isByTag = true;
    let previous = this.position;
    for (let isFirst = true; this.hasMore(); isFirst = false) {
      const start = this.position;
      this.skip();
      if (isFirst) continue;
      isSorted &&= buffer.compare(buffer, start, this.position, previous, start) <= 0;
      isByTag &&= bareTag(buffer[previous]) < bareTag(buffer[start]);
      if (!isSorted && !isByTag) this.fail('SET is not sorted');
      previous = start;
    }
  }

  /** The rules of DER for universal primitives, for elements no codec looks into. */
  private checkPrimitive(tag: number, start: number): void {
    const { bytes, position: end } = this;
    const length = end - start;
    const first = length > 0 ? (bytes[start] ?? 0) : 0;
    const last = length > 0 ? (bytes[end - 1] ?? 0) : 0;
    switch (tag) {
      case 0x01:
        if (length !== 1 || (first !== 0 && first !== 0xff)) this.fail('bad BOOLEAN');
        break;
      case 0x02:
      case 0x0a:
        if (length === 0) this.fail('empty INTEGER');
        if (length > 1 && isPadded(first, bytes[start + 1] ?? 0)) {
          this.fail('INTEGER is not minimal');
        }
        break;
      case 0x03:
        if (length === 0 || first > 7) this.fail('bad BIT STRING');
        if (first > 0 && length === 1) this.fail('bad BIT STRING');
        if ((last & ((1 << first) - 1)) !== 0 && length > 1) {
          this.fail('unused bits of a BIT STRING are not zero');
        }
        break;
      case 0x06:
        if (length === 0 || last >= 0x80) this.fail('OID is cut off');
        if (hasPaddedArc(bytes, start, end)) this.fail('OID is not minimal');
        break;
      case 0x05:
        if (length !== 0) this.fail('NULL with content');
        break;
      // The universal types with content of their own that exist only constructed.
      case 0x10:
      case 0x11:
        this.fail('SEQUENCE or SET is not constructed');
    }
  }

  /** Read tag and length; leaves the position at the content and gives its end. */
  private header(wanted: number): number {
    const { bytes, end } = this;
    let at = this.position;
    if (at >= end) this.fail('an element is missing');
    if (++this.elements > this.limits.maxElements) {
      this.exceeded(`more than ${this.limits.maxElements} elements`);
    }
    const tag = bytes[at++];
    if (tag !== wanted) this.fail(`tag is ${hexOctet(tag)}, expected ${hexOctet(wanted)}`);
    if ((wanted & 0x1f) === 0x1f) this.fail('tag number is over 30');
    if (wanted === 0 || wanted === CONSTRUCTED) this.fail('tag is reserved');
    let length = at < end ? (bytes[at++] ?? 0) : this.fail('length is missing');
    if (length >= 0x80) {
      const count = length & 0x7f;
      // R16: BER, not DER.
      if (count === 0) this.fail('length is indefinite');
      // Four octets are 4 GiB: far over any limit here.
      if (count > 4) this.fail('length has more than four octets');
      if (at + count > end) this.fail('length is cut off');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at++] ?? 0);
      if (length < 0x80 || length < 256 ** (count - 1)) this.fail('length is not minimal');
    }
    const contentEnd = at + length;
    // R16: truncated, or a length that lies.
    if (contentEnd > end) this.fail(`length ${length} reaches past the end`);
    // In DER a string is never constructed, and SEQUENCE and SET always are.
    if (wanted < 0x40 && (wanted & CONSTRUCTED) !== 0 && wanted !== 0x30 && wanted !== SET) {
      this.fail('a primitive type is constructed');
    }
    this.position = at;
    return contentEnd;
  }

  private exceeded(why: string): never {
    throw new CertError('LIMIT_EXCEEDED', `Cannot decode ${this.where}: ${why}`);
  }
}

/** Class and number of a tag; whether it is constructed plays no part in the order of tags. */
function bareTag(tag = 0): number {
  return tag & ~CONSTRUCTED;
}

function isPadded(first: number, second: number): boolean {
  return (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
}

function hasPaddedArc(bytes: Uint8Array, start: number, end: number): boolean {
  let isFresh = true;
  for (let i = start; i < end; i++) {
    const octet = bytes[i] ?? 0;
    if (isFresh && octet === 0x80) return true;
    isFresh = octet < 0x80;
  }
  return false;
}

function hexOctet(octet: number | undefined): string {
  return octet === undefined ? 'missing' : `0x${octet.toString(16).padStart(2, '0')}`;
}
