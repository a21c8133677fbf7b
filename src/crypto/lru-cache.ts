/** Keeps the values used last, up to a fixed number. */
export interface LruCache<V> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/** Make a cache that forgets the value unused for longest when it would hold more than `capacity`. */
export function lruCache<V extends object>(capacity: number): LruCache<V> {
  // A Map iterates in the order of insertion, so the first key is the one unused for longest.
  const values = new Map<string, V>();
  return {
    get size() {
      return values.size;
    },
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      values.delete(key);
      values.set(key, value);
      if (values.size <= capacity) return;
      for (const oldest of values.keys()) {
        values.delete(oldest);
        return;
      }
    },
  };
}
