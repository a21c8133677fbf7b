import { describe, expect, it } from 'vitest';
import { thisProcess } from '../../src/agent/process-identity.ts';
import { openLedger } from '../../src/ca/ledger.ts';
import { run } from '../../src/cli/run.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { temporaryDirectory } from '../ca/lab-under-test.ts';
import { fakeIo, type FakeIo } from './fake-io.ts';

interface RunningLab {
  readonly io: FakeIo;
  readonly ended: Promise<number>;
}

/** Start a lab, and wait until it says where it is or has ended. */
async function start(dir: string): Promise<RunningLab> {
  const io = fakeIo();
  const { promise, resolve } = Promise.withResolvers<void>();
  const write = (text: string): void => {
    io.stdout.write(text);
    resolve();
  };
  const argv = ['lab', 'port', '0', 'dir', dir];
  const ended = run(argv, { ...io, stdout: { ...io.stdout, write } });
  await Promise.race([promise, ended]);
  return { io, ended };
}

async function stop({ io, ended }: RunningLab): Promise<number> {
  io.abort();
  return await ended;
}

/** Leave in a directory what a lab leaves that was killed. */
async function leaveHeld(dir: string, other: Partial<ReturnType<typeof thisProcess>>) {
  const clock = fakeClock();
  const ledger = await openLedger(dir, clock);
  await ledger.hold({ ...thisProcess(), ...other, since: clock.now() }, () => false);
  await ledger.close();
}

describe('lab, in a directory where a lab runs,', () => {
  it('refuses to run, and names the process that has it', async () => {
    const dir = temporaryDirectory();
    const first = await start(dir);
    const second = await start(dir);
    expect(await stop(second)).toBe(3);
    expect(second.io.err()).toContain(
      `Cannot run a lab in "${dir}": process ${process.pid} runs one there since 2`,
    );
    expect(second.io.err()).toMatch(/^hint: .*dir DIR$/m);
    expect(second.io.err()).toContain('code: IN_PROGRESS\n');
    // The one that runs is still spoken to, and holds its directory still.
    expect(await run(['lab', 'requests', 'dir', dir], fakeIo())).toBe(0);
    expect(await run(['lab', 'roll-root', 'dir', dir], fakeIo())).toBe(0);
    const third = await start(dir);
    expect(await stop(third)).toBe(3);
    expect(await stop(first)).toBe(0);
    const fourth = await start(dir);
    expect(fourth.io.err()).toBe('');
    expect(await stop(fourth)).toBe(0);
  });

  it('runs where a lab was killed', async () => {
    const dir = temporaryDirectory();
    // The pid is alive, and has been given to another process since.
    await leaveHeld(dir, { startedAt: '1' });
    const lab = await start(dir);
    expect(await stop(lab)).toBe(0);
    expect(lab.io.out()).toContain('Lab CA and RA');
  });

  it('runs where nothing can be told of the one before, and says so', async () => {
    const dir = temporaryDirectory();
    await leaveHeld(dir, { pidNamespace: 'pid:[1]', host: 'elsewhere' });
    const lab = await start(dir);
    expect(await stop(lab)).toBe(0);
    expect(lab.io.err()).toContain('on elsewhere was not ended, and may still run');
  });
});
