import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { addCa, benchWithCa, importGateway } from './bench-with-ca.ts';
import { makeBench } from './run-cli.ts';

/** Until a whole process would have started, on a machine with other things to do. */
const patience = { timeout: 10_000, interval: 50 };

describe('agent run', () => {
  it('is asked, told to reload and ended by commands, and tells how it does', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await importGateway(bench);
    const file = join(bench.directory, 'certkeeper.prom');
    const running = bench.run(['agent', 'run', 'metrics', '0', 'metrics-file', file]);
    onTestFinished(async () => void (await bench.run(['agent', 'stop'])));
    const status = await vi.waitFor(async () => {
      const read: { metrics?: string; runs?: number } = JSON.parse(
        (await bench.run(['agent', 'status', '--json'])).out,
      );
      expect(read).toMatchObject({ running: true, metrics: expect.stringContaining('127.0.0.1') });
      return read;
    }, patience);
    const response = await fetch(status.metrics ?? '');
    expect(await response.text()).toMatch(/^x509_cert_not_after\{name="gw1",/m);
    await vi.waitFor(() => {
      expect(readFileSync(file, 'utf8')).toContain('certkeeper_build_info');
    }, patience);
    const ready = await fetch((status.metrics ?? '').replace('/metrics', '/readyz'));
    expect(ready.status).toBe(200);
    expect(await bench.run(['agent', 'reload'])).toMatchObject({ code: 0 });
    expect((await bench.run(['agent', 'status'])).out).toMatch(/^metrics +http:/m);
    expect(await bench.run(['agent', 'stop'])).toMatchObject({ code: 0 });
    expect(await running).toMatchObject({ code: 0, err: expect.not.stringContaining('warning') });
    await expect(fetch(status.metrics ?? '')).rejects.toThrow('fetch failed');
    expect((await bench.run(['agent', 'reload'])).code).toBe(3);
  });

  it.each([
    [3, 'metrics 9464 metrics-address 0.0.0.0', 'metrics-open'],
    [3, 'metrics 9464 metrics-address localhost', 'not an address'],
    [2, 'metrics-address 127.0.0.1', 'metrics PORT'],
    [2, 'metrics 70000', '65535'],
  ])('ends with %i for "%s", before there is a store', async (code, words, said) => {
    const bench = makeBench();
    const got = await bench.run(['agent', 'run', ...words.split(' ')]);
    expect(got.code).toBe(code);
    expect(got.err).toContain(said);
    expect(() => statSync(bench.state)).toThrow('ENOENT');
  });
});
