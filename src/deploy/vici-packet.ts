import { concatBytes } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import {
  decodeMessage,
  encodeMessage,
  maxSegmentOctets,
  named,
  type ViciMessage,
} from './vici-message.ts';

/** What goes over the socket. */
export type ViciPacket =
  | { readonly type: 'command' | 'event'; readonly name: string; readonly message: ViciMessage }
  | { readonly type: 'register' | 'unregister'; readonly name: string }
  | { readonly type: 'response'; readonly message: ViciMessage }
  | { readonly type: 'command-unknown' | 'event-confirm' | 'event-unknown' };

/** By their numbers. */
const types = [
  'command',
  'response',
  'command-unknown',
  'register',
  'unregister',
  'event-confirm',
  'event-unknown',
  'event',
] as const;

/**
 * Encode a packet as a segment: its length in four octets, its type, its name where it has one, its message.
 *
 * @throws {CertError} DELIVERY_FAILED: it is too long for VICI
 */
export function encodePacket(packet: ViciPacket): Uint8Array {
  const type = types.indexOf(packet.type);
  const head = 'name' in packet ? named(type, packet.name) : Uint8Array.of(type);
  const body = 'message' in packet ? encodeMessage(packet.message) : new Uint8Array();
  const length = head.length + body.length;
  if (length > maxSegmentOctets) {
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot send ${length} octets to charon at once: VICI takes at most ${maxSegmentOctets}`,
    );
  }
  const prefix = Uint8Array.of(length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length);
  const segment = concatBytes(prefix, head, body);
  // It may have held a key.
  body.fill(0);
  return segment;
}

/** Decode a packet from a segment without its length. @throws {CertError} DELIVERY_FAILED with what is wrong */
export function decodePacket(segment: Uint8Array): ViciPacket {
  const type = types[segment[0] ?? types.length];
  if (type === undefined) throw junk('its packet is of no known type');
  const nameLength = segment[1] ?? 0;
  switch (type) {
    case 'response':
      return { type, message: decodeMessage(segment.subarray(1)) };
    case 'command':
    case 'event':
      return {
        type,
        name: nameOf(segment),
        message: decodeMessage(segment.subarray(2 + nameLength)),
      };
    case 'register':
    case 'unregister':
      if (segment.length !== 2 + nameLength) throw junk('octets follow on its packet');
      return { type, name: nameOf(segment) };
    default:
      if (segment.length !== 1) throw junk('octets follow on its packet');
      return { type };
  }
}

function nameOf(segment: Uint8Array): string {
  const length = segment[1] ?? 0;
  const name = Buffer.from(segment.subarray(2, 2 + length)).toString('latin1');
  if (name.length !== length || !/^[\x20-\x7e]+$/.test(name)) throw junk('its packet has no name');
  return name;
}

/** Puts segments together from what comes over the socket. */
export class SegmentReader {
  #parts: Uint8Array[] = [];
  #octets = 0;

  /**
   * Take what has come, and give the segments that are whole now.
   *
   * @throws {CertError} DELIVERY_FAILED: the next is longer than charon makes them, so this is not charon
   */
  push(octets: Uint8Array): readonly Uint8Array[] {
    this.#parts.push(octets);
    this.#octets += octets.length;
    const segments: Uint8Array[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#octets < 4 + length) return segments;
      const all = this.#joined();
      segments.push(all.subarray(4, 4 + length));
      this.#parts = [all.subarray(4 + length)];
      this.#octets -= 4 + length;
    }
  }

  #nextLength(): number | undefined {
    if (this.#octets < 4) return undefined;
    const [first = new Uint8Array()] = this.#parts;
    const prefix = first.length < 4 ? this.#joined() : first;
    const length = Buffer.from(prefix.buffer, prefix.byteOffset, 4).readUInt32BE();
    if (length === 0 || length > maxSegmentOctets) throw junk(`it announces ${length} octets`);
    return length;
  }

  #joined(): Uint8Array {
    const [first, ...rest] = this.#parts;
    const joined = first !== undefined && rest.length === 0 ? first : concatBytes(...this.#parts);
    this.#parts = [joined];
    return joined;
  }
}

function junk(why: string): CertError {
  return new CertError('DELIVERY_FAILED', `Cannot read an answer of charon: ${why}`);
}
