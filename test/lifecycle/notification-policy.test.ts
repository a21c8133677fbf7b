import { describe, expect, it } from 'vitest';
import { notificationPolicy } from '../../src/lifecycle/notification-policy.ts';

const hourMs = 3_600_000;

async function hoursOf(setting: string | undefined, renewalMs?: number): Promise<number> {
  const get = async (key: string) => (key === 'cert-trap-hours' ? setting : undefined);
  const settings = {
    get,
    set: async () => {},
    remove: async () => false,
    list: async () => new Map(),
  };
  return (await notificationPolicy({ settings }, renewalMs)).warningHours;
}

describe('notificationPolicy()', () => {
  it('warns a week before the end, if nothing is set', async () => {
    expect(await hoursOf(undefined)).toBe(168);
    expect(await hoursOf(undefined, 30 * 24 * hourMs)).toBe(168);
  });

  it('warns of what the agent renews when half of the time to do so is gone, and no healthy renewal', async () => {
    expect(await hoursOf(undefined, 10 * 24 * hourMs)).toBe(120);
    expect(await hoursOf(undefined, hourMs / 3)).toBeCloseTo(1 / 6);
    expect(await hoursOf(undefined, 0)).toBeGreaterThan(0);
  });

  it('obeys what is set', async () => {
    expect(await hoursOf('168', hourMs)).toBe(168);
    expect(await hoursOf('0', hourMs)).toBe(0);
  });
});
