import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { fileRetriever } from '../../src/retrieval/file.ts';
import { usualLimits } from '../../src/retrieval/retriever.ts';
import { failure, retrieverContract } from './contract.ts';

const directory = mkdtempSync(join(tmpdir(), 'certkeeper-retrieval-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function fetch(url: string): Promise<Uint8Array> {
  return await fileRetriever.retrieve({ url, limits: { ...usualLimits, maxBytes: 1000 } });
}

describe.each([
  ['a file URL', (path: string) => pathToFileURL(path).href],
  ['an absolute path', (path: string) => path],
])('fileRetriever with %s', (_, urlOf) => {
  retrieverContract(
    async (files) => {
      for (const [name, octets] of Object.entries(files)) {
        writeFileSync(join(directory, name), octets);
      }
      return {
        retriever: fileRetriever,
        urlOf: (name) => urlOf(join(directory, name)),
        missing: 'FILE_UNREADABLE',
        close: async () => {},
      };
    },
    { network: 'none' },
  );
});

describe('fileRetriever', () => {
  it('fetches an empty file, and one with odd characters in its name', async () => {
    const path = join(directory, 'a b%?#ü@');
    writeFileSync(path, '');
    expect(await fetch(pathToFileURL(path).href)).toHaveLength(0);
    expect(await fetch(path)).toHaveLength(0);
  });

  it('reads a file that does not say how long it is', async () => {
    expect(Buffer.from(await fetch('/proc/self/cmdline')).toString()).toContain('node');
  });

  it('follows a symbolic link', async () => {
    writeFileSync(join(directory, 'target'), 'x');
    symlinkSync('target', join(directory, 'link'));
    expect(await fetch(join(directory, 'link'))).toHaveLength(1);
  });

  it('refuses a directory, a device, and a pipe without waiting for somebody to write', async () => {
    mkdirSync(join(directory, 'folder'));
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    for (const path of [join(directory, 'folder'), '/dev/zero', join(directory, 'pipe')]) {
      const error = await failure(fetch(path));
      expect(error.code, path).toBe('FILE_UNREADABLE');
      expect(error.message).toMatch(/directory|not a regular file/);
    }
  });

  it.each([
    'file://host.example/etc/hosts',
    'file:///etc/hosts?x',
    'file:///etc/hosts#x',
    'file:///etc%2Fhosts',
  ])('refuses %s', async (url) => {
    expect((await failure(fetch(url))).code).toBe('CONFIG_INVALID');
  });

  it('does not show what may be a password', async () => {
    const error = await failure(fetch('file://agent:pr1vate@host/etc/hosts'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).not.toContain('pr1vate');
  });
});
