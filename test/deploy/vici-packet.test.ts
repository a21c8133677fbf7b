import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import { list, value } from '../../src/deploy/vici-message.ts';
import {
  decodePacket,
  encodePacket,
  SegmentReader,
  type ViciPacket,
} from '../../src/deploy/vici-packet.ts';
import { scaled } from '../harness/effort.ts';
import { seeded } from '../harness/seeded.ts';

const packets: readonly (readonly [ViciPacket, string])[] = [
  [{ type: 'command', name: 'stats', message: [] }, '0000000700057374617473'],
  [{ type: 'response', message: [value('a', 'b')] }, '0000000701030161000162'],
  [{ type: 'command-unknown' }, '0000000102'],
  [{ type: 'register', name: 'ab' }, '0000000403026162'],
  [{ type: 'unregister', name: 'ab' }, '0000000404026162'],
  [{ type: 'event-confirm' }, '0000000105'],
  [{ type: 'event-unknown' }, '0000000106'],
  [{ type: 'event', name: 'ab', message: [list('l', [])] }, '000000080702616204016c06'],
];

/** What comes of reading it. */
function outcomeOf(octets: Uint8Array): string {
  try {
    decodePacket(octets);
    return 'read';
  } catch (error) {
    return error instanceof CertError ? error.code : String(error);
  }
}

describe('a packet', () => {
  it.each(packets)('is written and read: %j', (packet, hex) => {
    expect(toHex(encodePacket(packet))).toBe(hex);
    expect(decodePacket(fromHex(hex).subarray(4))).toStrictEqual(packet);
  });

  it.each([
    ['no octet', ''],
    ['an unknown type', '08'],
    ['an event without a name', '0700'],
    ['an event with half a name', '07056162'],
    ['octets behind a confirmation', '0500'],
    ['octets behind a name', '0302616263'],
  ])('is refused with %s', (_what, hex) => {
    expect(() => decodePacket(fromHex(hex))).toThrow('Cannot read');
  });

  it('is refused when it is too long for VICI', () => {
    const items = Array.from({ length: 9 }, () => new Uint8Array(65_535));
    expect(() => encodePacket({ type: 'response', message: [list('l', items)] })).toThrow(
      'VICI takes at most 524288',
    );
  });

  it('is read, or an error of its own is thrown', () => {
    const random = seeded(7);
    for (let i = 0; i < scaled(1000); i += 1) {
      expect(['read', 'DELIVERY_FAILED']).toContain(outcomeOf(random.bytes(random.below(30))));
    }
  });
});

describe('SegmentReader', () => {
  const all = concatBytes(...packets.map(([packet]) => encodePacket(packet)));

  it('puts segments together, however they come', () => {
    for (let size = 1; size <= all.length; size += 1) {
      const reader = new SegmentReader();
      const segments: Uint8Array[] = [];
      for (let at = 0; at < all.length; at += size)
        segments.push(...reader.push(all.subarray(at, at + size)));
      expect(segments.map(decodePacket)).toStrictEqual(packets.map(([packet]) => packet));
    }
  });

  it.each([
    ['nothing', '00000000'],
    ['more than charon sends', '00080001'],
    ['what another protocol says', toHex(new TextEncoder().encode('HTTP/1.1 400'))],
  ])('refuses a segment that announces %s', (_what, hex) => {
    expect(() => new SegmentReader().push(fromHex(hex))).toThrow('it announces');
  });
});
