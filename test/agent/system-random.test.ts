import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/agent/system-random.ts';

describe('systemRandom.bytes()', () => {
  it('gives as many octets as asked for, in memory of their own', () => {
    for (const length of [0, 1, 16, 5000]) {
      const octets = systemRandom.bytes(length);
      expect(octets).toHaveLength(length);
      expect(octets.buffer.byteLength).toBe(length);
    }
  });

  it('does not repeat itself', () => {
    expect(systemRandom.bytes(16)).not.toEqual(systemRandom.bytes(16));
  });
});
