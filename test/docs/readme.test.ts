import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const manifest: { scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

describe('README.md', () => {
  it.each(['npm ci && npm run demo', 'npm ci && npm run test:all'])('gives `%s`', (command) => {
    expect(readme).toContain(command);
  });

  it('names no npm script that package.json does not have', () => {
    const named = [...readme.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script]) => script);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
  });

  it('links to no file of the repository that is not there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path]) => path);
    const lost = links.filter((path = '') => !existsSync(join(root, path)));
    expect(lost).toEqual([]);
  });
});
