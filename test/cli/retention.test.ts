import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeBench } from './run-cli.ts';

const usual = {
  versions: { kept: 3, usual: 3 },
  history: { kept: 100, usual: 100 },
  'hook-runs': { kept: 10, usual: 10 },
  audit: { kept: 10_000, usual: 10_000 },
  'orphan-keys': { kept: 400, usual: 400 },
  dumps: { kept: 1000, usual: 1000 },
  backups: { kept: 7, usual: 7 },
};

describe('retention', () => {
  it('sets limits, which show retention shows, and no retention undoes', async () => {
    const bench = makeBench();
    const shown = async (): Promise<unknown> =>
      JSON.parse((await bench.run(['show', 'retention', '--json'])).out);
    expect(await shown()).toMatchObject({ retention: usual });
    expect(existsSync(bench.state)).toBe(false);

    const set =
      'retention versions 0 history 7 hook-runs 2 audit 500 orphan-keys 30d dumps 5 backups 2';
    expect((await bench.run(set.split(' '))).code).toBe(0);
    expect(await shown()).toMatchObject({
      retention: {
        versions: { kept: 0 },
        history: { kept: 7 },
        'hook-runs': { kept: 2 },
        audit: { kept: 500 },
        'orphan-keys': { kept: 30 },
        dumps: { kept: 5 },
        backups: { kept: 2 },
      },
    });
    const { out } = await bench.run(['show', 'retention']);
    expect(out).toMatch(/^WORD +KEPT +USUAL +OF\nversions +0 +3 +past versions/);
    expect(out).toMatch(/\norphan-keys +30d +400d +/);

    const one = await bench.run(['no', 'retention', 'versions']);
    expect(one.out).toBe(
      'Kept from now on, as usual: past versions of a certificate, with their keys: 3\n',
    );
    const two = await bench.run('retention versions 5 audit 50000'.split(' '));
    expect(two.out).toBe(
      'Kept from now on: past versions of a certificate, with their keys: 5; acts in the audit trail: 50000\n',
    );
    await bench.run(['no', 'retention', 'versions']);
    expect(await shown()).toMatchObject({
      retention: { versions: usual.versions, history: { kept: 7 } },
    });
    await bench.run(['no', 'retention']);
    expect(await shown()).toMatchObject({ retention: usual });
  });

  it('has the limit of the history in common with cmp history', async () => {
    const bench = makeBench();
    await bench.run('cmp history keep 12'.split(' '));
    const { out } = await bench.run(['show', 'retention', '--json']);
    expect(JSON.parse(out)).toMatchObject({ retention: { history: { kept: 12 } } });
  });

  it.each([
    ['', 'one of versions, history'],
    ['versions 1001', 'from 0 to 1000'],
    ['history 0', 'from 1 to 100000'],
    ['audit 99', 'from 100 to 1000000'],
    ['hook-runs -1', '-1'],
    ['orphan-keys 29d', 'at least 30d'],
    ['orphan-keys 4000d', 'longer than 3650d'],
    ['orphan-keys 400', 'the unit is missing'],
    ['dumps 0', 'from 1 to 100000'],
  ])('refuses %j, and changes nothing', async (words, why) => {
    const bench = makeBench();
    const line = `retention ${words}`.trim();
    const { code, err } = await bench.run(line.split(' '));
    expect([code, err]).toStrictEqual([2, expect.stringContaining(why)]);
    expect(existsSync(bench.state)).toBe(false);
  });
});
