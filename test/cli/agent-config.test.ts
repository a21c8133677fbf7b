import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { run as runLine } from '../../src/cli/run.ts';
import { addCa, benchWithCa } from './bench-with-ca.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench, type Bench } from './run-cli.ts';

/** Until a whole process would have started, on a machine with other things to do. */
const patience = { timeout: 10_000, interval: 50 };

async function history({ run }: Bench): Promise<unknown> {
  const { out } = await run(['config', 'show', '--json']);
  const { config }: { config: { retention: { history?: number } } } = JSON.parse(out);
  return config.retention.history;
}

/** Start an agent with a file, and wait until it can be asked. */
async function start(bench: Bench, file: string): Promise<void> {
  void bench.run(['agent', 'run', 'config', file]);
  onTestFinished(async () => void (await bench.run(['agent', 'stop'])));
  await vi.waitFor(async () => {
    const { out } = await bench.run(['agent', 'status', '--json']);
    expect(JSON.parse(out)).toMatchObject({ running: true });
  }, patience);
}

describe('agent run config', () => {
  it('applies the file at start and at reload, and keeps what it has when the file is faulty', async () => {
    const bench = makeBench();
    const file = join(bench.directory, 'gw.yaml');
    writeFileSync(file, 'retention: { history: 7 }\n');
    await start(bench, file);
    expect(await history(bench)).toBe(7);

    writeFileSync(file, 'retention: { histori: 8 }\nca: []\n');
    const refused = await bench.run(['agent', 'reload']);
    expect(refused.code).toBe(3);
    expect(refused.err).toContain(`Cannot apply "${file}": line 1, retention.histori: `);
    expect(refused.err).toContain(', and 1 more');
    expect(await history(bench)).toBe(7);
    const status = async (): Promise<unknown> =>
      JSON.parse((await bench.run(['agent', 'status', '--json'])).out);
    expect(await status()).toMatchObject({
      configuration: {
        file,
        appliedAt: '2026-12-01T00:00:00Z',
        trouble: expect.stringContaining('line 1, retention.histori: "histori" is not a key here'),
      },
    });
    expect((await bench.run(['agent', 'status'])).out).toMatch(
      /^configuration .*applied at 2026-12-01T00:00:00Z; what was before is in force: Cannot apply/m,
    );

    writeFileSync(file, 'retention: { history: 9 }\n');
    chmodSync(file, 0o666);
    const open = await bench.run(['agent', 'reload']);
    expect(open.err).toContain('every user of this machine can change it');
    expect(await history(bench)).toBe(7);
    chmodSync(file, 0o644);
    expect((await bench.run(['agent', 'reload'])).code).toBe(0);
    expect(await history(bench)).toBe(9);
    expect(await status()).toHaveProperty('configuration', {
      file,
      appliedAt: '2026-12-01T00:00:00Z',
    });
    const { out } = await bench.run(['show', 'audit', '--json']);
    expect(out).toContain('config apply');
  });

  it('says what it takes back of what was set at the keyboard, and so does the command that set it', async () => {
    const bench = benchWithCa();
    const file = join(bench.directory, 'gw.yaml');
    writeFileSync(file, 'ca: { rootB: { url: "http://b.example/", root: root.pem } }\n');
    await start(bench, file);
    const added = await bench.run(addCa(bench));
    expect(added).toMatchObject({
      code: 0,
      err: `warning: the agent's configuration file "${file}" will take this back at its next reload: ca.rootA removed\n`,
    });
    expect(await bench.run(['retention', 'history', '8'])).toMatchObject({ code: 0, err: '' });
    expect((await bench.run(['agent', 'reload'])).out).toBe(
      'The agent looks at everything again; its configuration file changed: ca.rootA removed\n',
    );
    expect((await bench.run(['agent', 'reload'])).out).toBe(
      'The agent looks at everything again\n',
    );
  });

  it('starts with what is stored when the file is faulty, and says so', async () => {
    const bench = makeBench();
    const file = join(bench.directory, 'gw.yaml');
    await bench.run(['retention', 'history', '5']);
    writeFileSync(file, 'retention: { history: 0 }\n');
    const running = bench.run(['agent', 'run', 'config', file]);
    await vi.waitFor(async () => {
      expect((await bench.run(['agent', 'stop'])).code).toBe(0);
    }, patience);
    const { code, err } = await running;
    expect(code).toBe(0);
    expect(err).toContain('line 1, retention.history: "0" is not a whole number');
    expect(err).toContain('the agent goes on with the configuration that is stored');
    expect(await history(bench)).toBe(5);
  });

  it('keeps what it has at SIGHUP when the file is faulty, says so, and takes the mended one', async () => {
    const bench = makeBench();
    const file = join(bench.directory, 'gw.yaml');
    writeFileSync(file, 'retention: { history: 7 }\n');
    const hangups: (() => void)[] = [];
    const io = { ...fakeIo(), onHangup: (work: () => void) => void hangups.push(work) };
    const state = ['--state', bench.state];
    const running = runLine(['agent', 'run', 'config', file, ...state], io);
    onTestFinished(async () => {
      await bench.run(['agent', 'stop']);
      await running;
    });
    await vi.waitFor(() => expect(hangups).toHaveLength(1), patience);
    writeFileSync(file, 'retention: { history: none }\n');
    hangups[0]?.();
    await vi.waitFor(() => {
      expect(io.err()).toMatch(
        /warning: cannot reload: Cannot apply .*line 1, retention.history: /,
      );
    }, patience);
    expect(await history(bench)).toBe(7);
    expect((await bench.run(['agent', 'status'])).out).toContain('what was before is in force');
    writeFileSync(file, 'retention: { history: 8 }\n');
    hangups[0]?.();
    await vi.waitFor(async () => expect(await history(bench)).toBe(8), patience);
    await vi.waitFor(async () => {
      const { out } = await bench.run(['agent', 'status']);
      expect(out).not.toContain('what was before');
    }, patience);
  });
});
