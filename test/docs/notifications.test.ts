import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notificationEnvironment } from '../../src/traps/command-sender.ts';
import { mibNotifications } from '../../src/traps/mib-notifications.ts';
import { sample } from '../traps/samples.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/notifications.md'), 'utf8');

describe('docs/notifications.md', () => {
  it('lists the notifications of the MIB', () => {
    const rows = [...page.matchAll(/^\| (\d+) \| `(clm\w+)` \|/gm)].map(([, n, name]) => [
      name,
      Number(n),
    ]);
    expect(rows).toEqual(
      Object.entries(mibNotifications).map(([name, { number }]) => [name, number]),
    );
  });

  it('lists the variables that a command is told by', () => {
    const listed = [...page.matchAll(/`(CERTKEEPER_\w+)`/g)].map(([, name]) => name);
    expect(new Set(listed)).toEqual(new Set(Object.keys(notificationEnvironment(sample()))));
  });
});
