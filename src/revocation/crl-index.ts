import {
  HAS_CERTIFICATE_ISSUER,
  IS_UNPROCESSED,
  MIN_ENTRY_OCTETS,
  walkEntries,
} from '../x509/crl-entries.ts';

/**
 * The serial numbers of a CRL, to be looked up: offsets into its octets in two tables, and no object per entry. An
 * entry is about 40 octets of the file and 6 of these.
 */
export interface CrlIndex {
  /** The element revokedCertificates, which the offsets count in; empty when the CRL has none. */
  readonly octets: Uint8Array;
  /** Entries there are. */
  readonly count: number;
  /** An entry has a critical extension that is not processed. */
  readonly hasUnprocessed: boolean;
  /** Offsets of the entries with a certificateIssuer, ascending. */
  readonly issuerChanges: Uint32Array;
  /** Offsets of all entries, those of one bucket together and in the order of the file. */
  readonly offsets: Uint32Array;
  /** Where each bucket begins in `offsets`, and the end of the last one. */
  readonly buckets: Uint32Array;
  /** How far a hash is shifted to give its bucket. */
  readonly shift: number;
}

const nothing = new Uint8Array();

/**
 * Index the entries of a CRL, once over its octets. Whatever the serial numbers, this takes time in proportion to
 * their number: those that share a hash share a bucket, and a lookup among them is no worse than reading on.
 *
 * @param octets the element revokedCertificates, if there is one; kept, not copied
 * @throws {CertError} DER_MALFORMED
 */
export function indexEntries(octets: Uint8Array = nothing): CrlIndex {
  const most = Math.floor(octets.length / MIN_ENTRY_OCTETS) + 1;
  const starts = new Uint32Array(most);
  const hashes = new Uint32Array(most);
  const changes: number[] = [];
  let count = 0;
  let hasUnprocessed = false;
  if (octets.length > 0) {
    walkEntries(octets, (start, serial, serialEnd, marks) => {
      starts[count] = start;
      hashes[count] = hashOctets(octets, serial, serialEnd);
      count++;
      if (marks !== 0) {
        if ((marks & HAS_CERTIFICATE_ISSUER) !== 0) changes.push(start);
        if ((marks & IS_UNPROCESSED) !== 0) hasUnprocessed = true;
      }
      return false;
    });
  }
  // Two entries in a bucket on average: a lookup reads two serial numbers at the most, mostly.
  const bits = Math.max(1, 32 - Math.clz32(count >> 1));
  const shift = 32 - bits;
  const buckets = new Uint32Array((1 << bits) + 1);
  for (let i = 0; i < count; i++) add(buckets, ((hashes[i] ?? 0) >>> shift) + 1, 1);
  for (let i = 1; i < buckets.length; i++) add(buckets, i, buckets[i - 1] ?? 0);
  const next = buckets.slice(0, -1);
  const offsets = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const bucket = (hashes[i] ?? 0) >>> shift;
    const slot = next[bucket] ?? 0;
    offsets[slot] = starts[i] ?? 0;
    next[bucket] = slot + 1;
  }
  const issuerChanges = Uint32Array.from(changes);
  return { octets, count, hasUnprocessed, issuerChanges, offsets, buckets, shift };
}

/**
 * Find the next entry with a serial number.
 *
 * @param serial content octets of the INTEGER
 * @param after the slot found before, to go on behind it; an indirect CRL may list one number for several issuers
 * @returns its slot, to be given to `entryAt`; -1 when there is none
 */
export function findSlot(index: CrlIndex, serial: Uint8Array, after = -1): number {
  const { octets, offsets, buckets, shift } = index;
  const bucket = hashOctets(serial, 0, serial.length) >>> shift;
  const end = buckets[bucket + 1] ?? 0;
  for (let slot = after === -1 ? (buckets[bucket] ?? 0) : after + 1; slot < end; slot++) {
    if (hasSerial(octets, offsets[slot] ?? 0, serial)) return slot;
  }
  return -1;
}

/** Give where the entry of a slot begins in the octets of an index. */
export function offsetAt({ offsets }: CrlIndex, slot: number): number {
  return offsets[slot] ?? 0;
}

/** Give the offset of the last entry up to this one that names an issuer; undefined when none does. */
export function issuerChangeBefore(
  { issuerChanges }: CrlIndex,
  offset: number,
): number | undefined {
  let low = 0;
  let high = issuerChanges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((issuerChanges[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : issuerChanges[low - 1];
}

/** The entry was walked over before: its lengths are right, and no longer than four octets. */
function hasSerial(octets: Uint8Array, entry: number, serial: Uint8Array): boolean {
  const long = octets[entry + 1] ?? 0;
  const at = entry + (long < 0x80 ? 3 : 3 + (long & 0x7f));
  const { length } = serial;
  if (octets[at] !== length) return false;
  for (let i = 0; i < length; i++) if (octets[at + 1 + i] !== serial[i]) return false;
  return true;
}

function add(table: Uint32Array, at: number, value: number): void {
  table[at] = (table[at] ?? 0) + value;
}

/** FNV-1a, and the last step of MurmurHash3 so that the upper bits depend on all octets. */
function hashOctets(octets: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (octets[i] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
