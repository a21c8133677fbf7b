/**
 * Memory that a finished writer leaves to the next one: to allocate and clear it for each is a quarter of
 * the time to encode a message, and 4 percent of building and verifying one.
 *
 * It is safe although it outlives the call: a writer takes it away from here before it writes, so that no
 * two ever have it (nothing here runs beside something else, and a writer made meanwhile gets memory of its
 * own); what is handed out is a copy; and one that never finishes, because a codec threw, never gives it
 * back. It keeps octets of the last encoding, and nothing secret is ever encoded.
 */
let spare: Uint8Array | undefined;

/** Longest memory that is kept for the next writer. */
const MAX_SPARE = 16_384;

/**
 * Builds DER from the end to the front, so that every length is known when its header is written and
 * nothing is measured twice. Codecs therefore write their parts last to first.
 */
export class DerWriter {
  private bytes: Uint8Array;
  private position: number;

  constructor() {
    this.bytes = spare ?? new Uint8Array(2048);
    // Taken, not shared: a writer may be made while another one is at work.
    spare = undefined;
    this.position = this.bytes.length;
  }

  /** How much has been written: take it before the content, hand it to `header` after. */
  mark(): number {
    return this.bytes.length - this.position;
  }

  octet(value: number): void {
    this.reserve(1);
    this.bytes[--this.position] = value;
  }

  octets(value: Uint8Array): void {
    this.reserve(value.length);
    this.position -= value.length;
    this.bytes.set(value, this.position);
  }

  /** Put text, one octet a character; false, and nothing is put, when one of them is not ASCII. */
  ascii(text: string): boolean {
    this.reserve(text.length);
    const start = this.position - text.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      this.bytes[start + i] = code;
    }
    this.position = start;
    return true;
  }

  /** Put tag and length before all that was written since `mark`. */
  header(tag: number, mark: number): void {
    let length = this.mark() - mark;
    if (length < 0x80) {
      this.octet(length);
    } else {
      let count = 0;
      for (; length > 0; length = Math.floor(length / 256), count++) this.octet(length % 256);
      this.octet(0x80 | count);
    }
    this.octet(tag);
  }

  /** The octets written since `mark`, as a copy. */
  since(mark: number): Uint8Array {
    return copy(this.bytes, this.position, this.bytes.length - mark);
  }

  /** Give what was written, in memory of its own. The writer cannot be used afterwards. */
  finish(): Uint8Array {
    const { bytes, position } = this;
    this.bytes = nothing;
    this.position = 0;
    if (bytes.length <= MAX_SPARE) spare = bytes;
    return copy(bytes, position, bytes.length);
  }

  private reserve(count: number): void {
    if (this.position >= count) return;
    const written = this.mark();
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, written + count + 1024));
    grown.set(this.bytes.subarray(this.position), grown.length - written);
    this.bytes = grown;
    this.position = grown.length - written;
  }
}

const nothing = new Uint8Array(0);

/** Copy into the memory Node has ready for short Buffers: memory of its own costs four times as much. */
function copy(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.allocUnsafe(end - start);
  const copied = new Uint8Array(buffer, byteOffset, length);
  copied.set(bytes.subarray(start, end));
  return copied;
}
