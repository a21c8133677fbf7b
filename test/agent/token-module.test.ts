import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { moduleToLoad } from '../../src/agent/token-module.ts';
import { coded } from '../lifecycle/site.ts';

it('loads only modules of root where the process may do more than its user', () => {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-module-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [own, link] = [join(directory, 'own.so'), join(directory, 'link.so')];
  writeFileSync(own, '');
  symlinkSync('/etc/passwd', link);
  expect(moduleToLoad(own, false)).toBe(own);
  // The file itself is loaded: where the link leads next does not matter.
  expect(moduleToLoad(link, true)).toBe('/etc/passwd');
  for (const path of [own, join(directory, 'none.so')])
    expect(() => moduleToLoad(path, true), path).toThrow(
      expect.objectContaining(coded('CONFIG_INVALID')),
    );
});
