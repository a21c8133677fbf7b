import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openStapling } from '../../src/agent/stapling.ts';

it('openStapling() makes no store where there is none, but says so', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-stapling-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const stateDirectory = join(directory, 'mistyped');
  await expect(openStapling({ stateDirectory, names: ['gw1'] })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: `Cannot serve from "${stateDirectory}": there is no store`,
  });
  expect(existsSync(stateDirectory)).toBe(false);
});
