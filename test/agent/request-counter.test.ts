import { describe, expect, it } from 'vitest';
import { requestCounter } from '../../src/agent/request-counter.ts';
import { fakeClock } from '../harness/fake-clock.ts';

describe('requestCounter()', () => {
  it('lets each node ask sixty times a minute, whatever the others do', async () => {
    const clock = fakeClock();
    const count = requestCounter(clock);
    const asked = Array.from({ length: 61 }, () => count('node2'));
    expect(asked.lastIndexOf(true)).toBe(59);
    expect(count('node2')).toBe(false);
    expect(count('node3')).toBe(true);
    await clock.advance(60);
    expect(count('node2')).toBe(true);
  });

  it('counts no more nodes than there can be, and begins anew when the clock is set back', () => {
    let now = new Date('2026-12-01T12:00:00Z');
    const count = requestCounter({ now: () => now });
    for (let node = 0; node < 1000; node++) expect(count(`${node}`)).toBe(true);
    expect(count('one more')).toBe(false);
    expect(count('1')).toBe(true);
    now = new Date('2026-12-01T11:00:00Z');
    expect(count('one more')).toBe(true);
  });
});
