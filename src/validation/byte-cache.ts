/** Keeps the values used last, up to a number of octets. */
export interface ByteCache<V> {
  readonly count: number;
  /** Octets of all that is kept, as they were said to be. */
  readonly octets: number;
  get(key: string): V | undefined;
  /** Keep a value, in place of what has its key. One larger than all there may be is not kept. */
  set(key: string, value: V, octets: number): void;
  delete(key: string): void;
}

interface Slot<V> {
  readonly value: V;
  readonly octets: number;
}

/**
 * Make a cache that forgets the values unused for longest when it would hold more octets than `limit`.
 *
 * @param limit in octets
 */
export function byteCache<V>(limit: number): ByteCache<V> {
  // A Map iterates in the order of insertion, so the first key is the one unused for longest.
  const slots = new Map<string, Slot<V>>();
  let octets = 0;
  let newest: string | undefined;
  const drop = (key: string): void => {
    octets -= slots.get(key)?.octets ?? 0;
    slots.delete(key);
  };
  return {
    get count() {
      return slots.size;
    },
    get octets() {
      return octets;
    },
    get(key) {
      const slot = slots.get(key);
      if (slot === undefined) return undefined;
      // What is asked for again and again is in its place already.
      if (key !== newest) {
        slots.delete(key);
        slots.set(key, slot);
        newest = key;
      }
      return slot.value;
    },
    set(key, value, size) {
      drop(key);
      if (size > limit) return;
      slots.set(key, { value, octets: size });
      newest = key;
      octets += size;
      for (const oldest of slots.keys()) {
        if (octets <= limit) break;
        drop(oldest);
      }
    },
    delete: drop,
  };
}
