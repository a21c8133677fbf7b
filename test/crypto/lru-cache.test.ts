import { describe, expect, it } from 'vitest';
import { lruCache } from '../../src/crypto/lru-cache.ts';

describe('lruCache()', () => {
  it('never holds more than its capacity, and forgets the value unused for longest', () => {
    const cache = lruCache<{ n: number }>(2);
    cache.set('a', { n: 1 });
    cache.set('b', { n: 2 });
    expect(cache.get('a')).toEqual({ n: 1 });
    cache.set('c', { n: 3 });
    expect(cache.size).toBe(2);
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toEqual({ n: 1 });
    expect(cache.get('c')).toEqual({ n: 3 });
  });

  it('replaces the value of a key it has, without forgetting another', () => {
    const cache = lruCache<{ n: number }>(2);
    cache.set('a', { n: 1 });
    cache.set('b', { n: 2 });
    cache.set('a', { n: 3 });
    expect(cache.get('a')).toEqual({ n: 3 });
    expect(cache.get('b')).toEqual({ n: 2 });
  });
});
