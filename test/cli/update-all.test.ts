import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { createLog } from '../../src/cli/log.ts';
import { startManyProgress } from '../../src/cli/many-progress.ts';
import type { UpdateOutcome } from '../../src/lifecycle/update-many.ts';
import { password, vectorPath } from '../pkcs/vectors.ts';
import { addCa, benchWithCa, importGateway } from './bench-with-ca.ts';
import { fakeIo } from './fake-io.ts';
import type { Bench } from './run-cli.ts';

/** A store with a certificate of a CA that does not answer, and one without a key. */
async function makeUpdateBench(): Promise<Bench> {
  const bench = benchWithCa();
  const silent = addCa(bench).map((word) =>
    word.startsWith('http:') ? 'http://127.0.0.1:1/' : word,
  );
  await bench.run(silent);
  await importGateway(bench);
  for (const name of ['gw2', 'gw3']) {
    const words = ['cert', 'import', 'cert-name', name, 'file', vectorPath('aes-ec.p12')];
    const { code, err } = await bench.run([...words, 'password', 'env:PASS'], {
      env: { PASS: password },
    });
    expect({ code, err }).toMatchObject({ code: 0 });
  }
  const moved = await bench.run(['cert', 'move', 'gw2', 'ca-root', 'rootA', 'by', 'kur']);
  expect(moved).toMatchObject({ code: 0 });
  return bench;
}

describe('cmp update of many', () => {
  it('sums up, with each reason once, and the exit code of the worst', async () => {
    const bench = await makeUpdateBench();
    const { code, out, err } = await bench.run(['cmp', 'update', 'all', 'wait', '0']);
    expect(code).toBe(5);
    expect(err).toMatch(/"gw2" failed: Cannot /);
    expect(out.split('\n').slice(1)).toStrictEqual([
      'Skipped "gw1": its key is not here',
      'Skipped "gw3": it has no CA profile',
      'Done: renewed 0, waiting 0, failed 1, not begun 0, skipped 2',
      '',
    ]);
    expect(out).toMatch(/^Failed \(NETWORK_UNREACHABLE\): .*: gw2\n/);
  });

  it('tells of each with --json', async () => {
    const bench = await makeUpdateBench();
    const json = await bench.run(['cmp', 'update', '--all', '--wait', '0', '--json']);
    expect(json.err).toBe('');
    expect(JSON.parse(json.out)).toMatchObject({
      schemaVersion: 1,
      summary: { renewed: 0, failed: 1, skipped: 2 },
      exitCode: 5,
      certificates: [{ name: 'gw2', ca: 'rootA', type: 'failed', code: 'NETWORK_UNREACHABLE' }],
    });
  });

  it('with dry-run lists what would be renewed, and sends nothing', async () => {
    const bench = await makeUpdateBench();
    const { code, out } = await bench.run(['cmp', 'update', 'all', 'dry-run']);
    expect(code).toBe(0);
    expect(out).toMatch(/^gw2: CA "rootA", until 20/);
    expect(out).toContain('1 certificate would be renewed; nothing was stored or sent\n');
    const none = await bench.run(['cmp', 'update', 'expiring', '1s']);
    expect(none).toMatchObject({
      code: 0,
      out: 'Done: renewed 0, waiting 0, failed 0, not begun 0, skipped 0\n',
    });
  });

  it('asks when only a CA is named: the certificate may have been forgotten', async () => {
    const bench = await makeUpdateBench();
    const words = ['cmp', 'update', 'ca-root', 'rootA', 'wait', '0'];
    const unasked = await bench.run(words);
    expect(unasked.code).toBe(2);
    expect(unasked.err).toContain('Cannot renew 1 certificate of CA "rootA" unasked');
    const no = await bench.run(words, { isTTY: true, input: 'n\n' });
    expect(no).toMatchObject({ code: 0, out: 'Nothing was changed\n' });
    expect((await bench.run([...words, '--yes'])).code).toBe(5);
    expect(await bench.run(['cmp', 'update', 'ca-root', 'other'])).toMatchObject({ code: 3 });
  });

  it.each([
    ['', 'one of current-cert, all, expiring, ca-root is missing'],
    ['all current-cert gw2', 'current-cert and all exclude each other'],
    ['current-cert gw2 concurrency 2', 'current-cert and concurrency exclude each other'],
    ['all ca-url http://x.example/', 'Cannot use ca-url for many certificates'],
    ['all concurrency 65', 'Give a number from 1 to 64'],
  ])('refuses "%s"', async (words, why) => {
    const line = `cmp update ${words}`.trim().split(' ');
    const { code, err } = await benchWithCa().run(line);
    expect([code, err]).toStrictEqual([2, expect.stringContaining(why)]);
  });
});

const about = { ca: parseLabel('rootA', 'ca') };

function outcome(name: string, type: 'renewed' | 'left'): UpdateOutcome {
  const which = { ...about, name: parseLabel(name, 'name') };
  return type === 'left'
    ? { ...which, type, reason: 'interrupted' }
    : { ...which, type, notAfter: new Date('2027-01-01T00:00:00Z') };
}

describe('startManyProgress()', () => {
  const globals = { json: false, quiet: false, verbose: false, yes: false };

  it('draws a bar on a terminal, not more often than people can read, and takes it away', () => {
    const io = fakeIo({ isTTY: true });
    let now = 0;
    const progress = startManyProgress(4, { io, globals, log: createLog(io, globals) }, () => now);
    progress.tell(outcome('gw1', 'renewed'));
    progress.tell(outcome('gw2', 'renewed'));
    now = 200;
    progress.tell(outcome('gw3', 'left'));
    progress.end();
    expect(io.err().split('\r\u001b[K')).toStrictEqual([
      '',
      '[######..................] 1/4: renewed 1; gw1',
      '[##################......] 3/4: renewed 2, left 1; gw3',
      '',
    ]);
  });

  it('writes a line a change elsewhere, and nothing when it is to be quiet', () => {
    const io = fakeIo();
    const log = createLog(io, globals);
    const progress = startManyProgress(1, { io, globals, log });
    progress.tell(outcome('gw1', 'renewed'));
    progress.end();
    expect(io.err()).toContain('"gw1" is renewed and valid until 2027-01-01T00:00:00Z\n');
    const silent = fakeIo({ isTTY: true });
    startManyProgress(1, { io: silent, globals: { ...globals, quiet: true }, log }).tell(
      outcome('gw1', 'renewed'),
    );
    expect(silent.err()).toBe('');
  });
});
