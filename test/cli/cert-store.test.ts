import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rootPem } from './certificates.ts';
import { makeBench } from './run-cli.ts';

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
});
