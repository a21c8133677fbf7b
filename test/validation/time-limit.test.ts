import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deadlineOf, OutOfTime } from '../../src/validation/time-limit.ts';
import { judge } from './judged.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('deadlineOf()', () => {
  it('ends when the time is over', () => {
    const { signal } = deadlineOf(new AbortController().signal, 1000);
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toBeInstanceOf(OutOfTime);
  });

  it('ends with the signal it was made from, whenever that ends', () => {
    const gone = new AbortController();
    const { signal } = deadlineOf(gone.signal, 1000);
    gone.abort('gone');
    expect(signal.reason).toBe('gone');
    expect(deadlineOf(gone.signal, 1000).signal.reason).toBe('gone');
  });

  it('leaves no timer behind that would keep a peer in memory until its time is over', async () => {
    const { verdict } = await judge();
    expect(verdict.revocation).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});
