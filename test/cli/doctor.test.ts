import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addCa, benchWithCa, importGateway } from './bench-with-ca.ts';
import { makeBench } from './run-cli.ts';

describe('doctor', () => {
  it('has nothing to say where nothing is stored, and makes no store', async () => {
    const bench = makeBench();
    const { code, out } = await bench.run(['doctor']);
    expect(code).toBe(0);
    expect(out).toContain('nothing is stored yet');
    expect(out).toContain('All is well');
    expect(() => statSync(bench.state)).toThrow('ENOENT');
  });

  it('ends with 11 when somebody has to act, and says what to do', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importGateway(bench);
    const { code, out } = await bench.run(['doctor']);
    expect(code).toBe(11);
    expect(out).toMatch(/^warning {2}delivery gw1: its files are not written yet$/m);
    expect(out).toMatch(/^ {9}Deliver it again: certkeeper cmp poll current-cert gw1$/m);
    expect(out).toMatch(/things? to be done\n$/);
    const json = await bench.run(['doctor', '--json']);
    expect(json.code).toBe(11);
    expect(JSON.parse(json.out)).toMatchObject({
      schemaVersion: 1,
      isHealthy: false,
      findings: expect.arrayContaining([
        { check: 'store', severity: 'ok', text: 'the database is whole' },
      ]),
    });
  });

  it('tells that the store cannot be opened, where every other command fails', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    const path = join(bench.state, 'store.db');
    chmodSync(path, 0o600);
    writeFileSync(
      path,
      'this is no database, but text that is long enough to be looked at\n'.repeat(99),
    );
    const { code, out } = await bench.run(['doctor']);
    expect(code).toBe(11);
    expect(out).toMatch(/^error {4}store /m);
  });
});

describe('support bundle', () => {
  it('writes what is known to a new file that only its owner reads', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importGateway(bench);
    const path = join(bench.directory, 'bundle.json');
    const { code, out } = await bench.run(['support', 'bundle', path]);
    expect(out).toContain(path);
    expect(code).toBe(0);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      versions: { node: process.versions.node },
      answers: {
        doctor: { exitCode: expect.any(Number), answer: { schemaVersion: 1 } },
        'ca show': { exitCode: 0 },
        'show audit last 200': { exitCode: 0 },
        'show cert gw1': { exitCode: 0, answer: { schemaVersion: 1 } },
      },
    });
    const again = await bench.run(['support', 'bundle', path]);
    expect(again.code).toBe(3);
    expect(again.err).toContain('FILE_UNWRITABLE');
  });
});
