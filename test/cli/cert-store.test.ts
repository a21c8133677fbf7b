import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootPem } from './certificates.ts';
import { makeBench } from './run-cli.ts';

describe('cmp history', () => {
  it('sets how many transactions are kept, and no puts the usual number back', async () => {
    const bench = makeBench();
    const set = await bench.run(['cmp', 'history', 'keep', '7']);
    expect(set.out).toBe('The history keeps the last 7 transactions\n');
    expect(await bench.withStore((store) => store.settings.get('history-limit'))).toBe('7');
    expect((await bench.run(['no', 'cmp', 'history'])).code).toBe(0);
    expect(await bench.withStore((store) => store.settings.get('history-limit'))).toBeUndefined();
  });
});

describe('cmp cert-store', () => {
  it('is set, repeated back, and undone by no', async () => {
    const bench = makeBench();
    const location = join(bench.directory, 'pem');
    const set = await bench.run(['cmp', 'cert-store', 'location', location, 'key', 'reuse']);
    expect(set.out).toBe(`Certificates go to ${location}; an update keeps the key\n`);
    expect(await bench.withStore((store) => store.settings.list())).toEqual(
      new Map([
        ['cert-store-key', 'reuse'],
        ['cert-store-location', location],
      ]),
    );
    expect(existsSync(location)).toBe(false);
    await bench.run(['no', 'cmp', 'cert-store']);
    expect(await bench.withStore((store) => store.settings.list())).toEqual(new Map());
  });

  it('refuses a location that is a file', async () => {
    const bench = makeBench();
    const location = join(bench.directory, 'root.pem');
    writeFileSync(location, rootPem);
    const { code, err } = await bench.run(['cmp', 'cert-store', 'location', location]);
    expect(code).toBe(3);
    expect(err).toContain('not a directory');
  });

  it('refuses a location with a line break, which would make two of a path for hooks', async () => {
    const bench = makeBench();
    const location = join(bench.directory, 'a\nb');
    const { code, err } = await bench.run(['cmp', 'cert-store', 'location', location]);
    expect(code).toBe(3);
    expect(err).toContain('control characters');
    expect(await bench.withStore((store) => store.settings.list())).toEqual(new Map());
  });

  it('refuses a location that every user may write to', async () => {
    const bench = makeBench();
    const location = join(bench.directory, 'open');
    mkdirSync(location);
    chmodSync(location, 0o777);
    const { code, err } = await bench.run(['cmp', 'cert-store', 'location', location]);
    expect(code).toBe(3);
    expect(err).toContain('every user of this machine can replace the files in');
    expect(err).toContain(`chmod o-w ${location}`);
  });

  it('leaves nothing behind in a location that it has tried', async () => {
    const bench = makeBench();
    const location = join(bench.directory, 'pem');
    mkdirSync(location);
    expect((await bench.run(['cmp', 'cert-store', 'location', location])).code).toBe(0);
    expect(readdirSync(location)).toEqual([]);
  });

  it.runIf(process.platform === 'linux').each([
    ['/proc', 'Cannot use "/proc" as cert-store location: cannot write to "/proc": '],
    ['/proc/a/b', 'Cannot use "/proc/a/b" as cert-store location: cannot write to "/proc": '],
    [
      '/dev/null/b',
      'Cannot use "/dev/null/b" as cert-store location: "/dev/null" is not a directory',
    ],
  ])('refuses %s at once, where nothing can be written', async (location, message) => {
    const bench = makeBench();
    const { code, err } = await bench.run(['cmp', 'cert-store', 'location', location]);
    expect(code).toBe(3);
    expect(err).toContain(message);
    expect(await bench.withStore((store) => store.settings.list())).toEqual(new Map());
  });
});
