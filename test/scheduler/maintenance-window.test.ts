import { describe, expect, it } from 'vitest';

import type { MaintenanceWindow } from '../../src/lifecycle/stored-windows.ts';
import { opensAt } from '../../src/scheduler/maintenance-window.ts';

const nightly: MaintenanceWindow = {
  cron: '0 2 * * *',
  timezone: 'Europe/Berlin',
  durationSeconds: 3 * 3600,
};

function moment(text: string): Date {
  return new Date(text);
}

describe('opensAt()', () => {
  it('is the moment itself where there are no windows', () => {
    expect(opensAt([], moment('2026-11-21T12:00:00Z'))).toStrictEqual(
      moment('2026-11-21T12:00:00Z'),
    );
  });

  it.each([
    ['before it', '2026-11-21T00:30:00Z', '2026-11-21T01:00:00Z'],
    ['as it opens', '2026-11-21T01:00:00Z', '2026-11-21T01:00:00Z'],
    ['inside it', '2026-11-21T03:59:59Z', '2026-11-21T03:59:59Z'],
    ['as it closes', '2026-11-21T04:00:00Z', '2026-11-22T01:00:00Z'],
    ['after it', '2026-11-21T12:00:00Z', '2026-11-22T01:00:00Z'],
    ['in summer', '2026-07-01T00:00:00Z', '2026-07-01T00:00:00Z'],
    ['on a summer evening', '2026-07-01T20:00:00Z', '2026-07-02T00:00:00Z'],
  ])('%s tells when it is open', (_, from, at) => {
    expect(opensAt([nightly], moment(from))).toStrictEqual(moment(at));
  });

  it('takes the first of several', () => {
    const sundays: MaintenanceWindow = { cron: '0 0 * * 0', timezone: 'UTC', durationSeconds: 60 };
    const noon: MaintenanceWindow = { cron: '0 12 * * *', timezone: 'UTC', durationSeconds: 60 };
    expect(opensAt([sundays, noon], moment('2026-11-21T13:00:00Z'))).toStrictEqual(
      moment('2026-11-22T00:00:00Z'),
    );
  });

  it('is undefined when none opens any more', () => {
    const never: MaintenanceWindow = { cron: '0 0 30 2 *', timezone: 'UTC', durationSeconds: 60 };
    expect(opensAt([never], moment('2026-11-21T13:00:00Z'))).toBeUndefined();
  });
});
