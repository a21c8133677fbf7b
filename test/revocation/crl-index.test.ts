import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { findSlot, indexEntries, offsetAt } from '../../src/revocation/crl-index.ts';
import {
  entryAt,
  RevokedCertificates,
  serialOctets,
  type RevokedCertificate,
} from '../../src/x509/certificate-list.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { timeOf } from '../../src/x509/time.ts';
import { someDay } from '../harness/certificates.ts';
import { seeded } from '../harness/seeded.ts';

/** Serial numbers of all lengths, some negative, some in the list twice. */
function someSerials(count: number, seed: number): bigint[] {
  const random = seeded(seed);
  const serials: bigint[] = [];
  for (let i = 0; i < count; i++) {
    const octets = random.bytes(1 + random.below(20));
    const serial = BigInt.asIntN(
      octets.length * 8,
      BigInt(`0x${Buffer.from(octets).toString('hex')}`),
    );
    serials.push(serial, ...(random.below(20) === 0 ? [serial] : []));
  }
  return serials;
}

function entriesOf(serials: readonly bigint[]): Uint8Array {
  const entries: RevokedCertificate[] = serials.map((userCertificate, i) => ({
    userCertificate,
    revocationDate: timeOf(someDay),
    ...(i % 3 === 0 && { crlEntryExtensions: [extension('reasonCode', 'superseded')] }),
  }));
  // More than a decoder takes at once.
  return toDer(RevokedCertificates, entries);
}

describe('indexEntries()', () => {
  it.each([0, 1, 2, 3, 1000, 9000])('finds each of %i entries, and nothing else', (count) => {
    const serials = someSerials(count, 7);
    const octets = count === 0 ? undefined : entriesOf(serials);
    const index = indexEntries(octets);
    expect(index.count).toBe(serials.length);
    const times = new Map<bigint, number>();
    for (const serial of serials) times.set(serial, (times.get(serial) ?? 0) + 1);
    for (const [serial, expected] of times) {
      const wanted = serialOctets(serial);
      let found = 0;
      for (let slot = findSlot(index, wanted); slot !== -1; slot = findSlot(index, wanted, slot)) {
        expect(entryAt(index.octets, offsetAt(index, slot)).userCertificate).toBe(serial);
        found++;
      }
      expect(found).toBe(expected);
    }
    const absent = someSerials(1000, 8).filter((serial) => !times.has(serial));
    expect(absent.filter((serial) => findSlot(index, serialOctets(serial)) !== -1)).toEqual([]);
  });

  it('takes no more than 8 octets an entry beside the file', () => {
    const { offsets, buckets, issuerChanges } = indexEntries(entriesOf(someSerials(9000, 1)));
    const octets = offsets.byteLength + buckets.byteLength + issuerChanges.byteLength;
    expect(octets / offsets.length).toBeLessThan(8);
  });

  it('is no worse for serial numbers that are all the same', () => {
    const index = indexEntries(entriesOf(Array.from({ length: 9000 }, () => 5n)));
    let slots = 0;
    const wanted = serialOctets(5n);
    for (let slot = findSlot(index, wanted); slot !== -1; slot = findSlot(index, wanted, slot))
      slots++;
    expect(slots).toBe(9000);
    expect(findSlot(index, serialOctets(6n))).toBe(-1);
  });
});
