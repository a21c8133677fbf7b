/**
 * Builds DER from the end to the front, so that every length is known when its header is written and
 * nothing is measured twice. Codecs therefore write their parts last to first.
 */
export class DerWriter {
  private bytes = new Uint8Array(2048);
  private position = this.bytes.length;

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
    return this.bytes.slice(this.position, this.bytes.length - mark);
  }

  finish(): Uint8Array {
    return this.bytes.slice(this.position);
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
