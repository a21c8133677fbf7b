import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';

describe('systemClock.sleep()', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lasts as long as it is told', async () => {
    const woken = vi.fn<() => void>();
    const sleep = systemClock.sleep(1000).then(woken);
    await vi.advanceTimersByTimeAsync(999);
    expect(woken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleep;
    expect(woken).toHaveBeenCalledOnce();
  });

  it('lasts 60 days, longer than one timer can', async () => {
    const woken = vi.fn<() => void>();
    const days60 = 60 * 86_400_000;
    const sleep = systemClock.sleep(days60).then(woken);
    await vi.advanceTimersByTimeAsync(days60 - 1);
    expect(woken).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleep;
    expect(woken).toHaveBeenCalledOnce();
  });

  it.each([0, -5])('returns at once for %i', async (ms) => {
    await expect(systemClock.sleep(ms)).resolves.toBeUndefined();
  });

  it('rejects with the reason of its signal and leaves no timer', async () => {
    const reason = new Error('Ctrl-C');
    const controller = new AbortController();
    const sleep = systemClock.sleep(1000, controller.signal);
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    await expect(systemClock.sleep(1000, controller.signal)).rejects.toBe(reason);
    await expect(systemClock.sleep(0, controller.signal)).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('systemClock.now()', () => {
  it('is the time of this machine', () => {
    const before = Date.now();
    const now = systemClock.now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});
