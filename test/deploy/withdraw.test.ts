import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { withdrawFiles } from '../../src/deploy/withdraw.ts';

function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-withdraw-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const file = (path: string) => ({
  path,
  set: 'gw1',
  isOurs: (octets: Uint8Array) => new TextDecoder().decode(octets) === 'ours',
});

describe('withdrawFiles()', () => {
  it('removes what was written here, the set it replaced, and passes over what is not there', async () => {
    const directory = place();
    const previous = join(directory, 'gw1.previous');
    mkdirSync(previous);
    const [one, before] = [join(directory, 'one'), join(previous, 'one')];
    for (const path of [one, before]) writeFileSync(path, 'ours');
    const below = join(directory, 'one/below');
    const files = [below, one, join(directory, 'none'), join(directory, 'no/such')].map(file);
    expect(await withdrawFiles(files)).toEqual({
      removed: [one, before],
      left: [],
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('leaves what is not ours any more: other content, links, what is behind a link, directories', async () => {
    const directory = place();
    const path = (name: string): string => join(directory, name);
    writeFileSync(path('changed'), 'theirs');
    writeFileSync(path('target'), 'ours');
    symlinkSync(path('target'), path('link'));
    mkdirSync(path('directory'));
    writeFileSync(path('directory/file'), 'ours');
    symlinkSync(path('directory'), path('way'));
    const names = ['changed', 'link', 'directory', 'way/file'];
    expect(await withdrawFiles(names.map((name) => file(path(name))))).toEqual({
      removed: [],
      left: [
        { path: path('changed'), why: 'its content is another one' },
        { path: path('link'), why: 'it is a symbolic link' },
        { path: path('directory'), why: 'it is not a file' },
        { path: path('way/file'), why: 'its directory is a symbolic link' },
      ],
    });
    expect(readdirSync(directory).toSorted()).toEqual([
      'changed',
      'directory',
      'link',
      'target',
      'way',
    ]);
    expect(readdirSync(path('directory'))).toEqual(['file']);
  });
});
