import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  complaintOf,
  maxOutputOctets,
  plainEnvironment,
  runCommand,
  type CommandRun,
} from '../../src/deploy/run-command.ts';

const node = process.execPath;

/** Run a few lines of JavaScript. */
function js(code: string, ...args: readonly string[]): Promise<CommandRun> {
  return runCommand({
    command: [node, '--input-type=commonjs', '-e', code, ...args],
    env: plainEnvironment,
    timeoutMs: 60_000,
  });
}

function text({ output }: CommandRun): string {
  return new TextDecoder().decode(output);
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-hook-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Tell whether a process is there and no zombie. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('runCommand()', () => {
  it('gives a program its arguments as they are, and no shell sees them', async () => {
    const args = ['$(id)', '; ls', '', 'a b', '*'];
    const run = await js('console.log(JSON.stringify(process.argv.slice(1)))', ...args);
    expect(run.result).toEqual({ type: 'exited', exitCode: 0 });
    expect(JSON.parse(text(run))).toEqual(args);
  });

  it('gives it nothing of our own environment, no input, and the root directory', async () => {
    process.env['CERTKEEPER_PLANTED'] = 's3cret';
    onTestFinished(() => void delete process.env['CERTKEEPER_PLANTED']);
    const run = await js(
      'console.log(JSON.stringify([Object.keys(process.env).sort(), require("fs").readFileSync(0, "utf8"), process.cwd()]))',
    );
    expect(JSON.parse(text(run))).toEqual([['LANG', 'PATH'], '', '/']);
  });

  it('tells the exit code, the signal, and why a program cannot be run', async () => {
    expect((await js('process.exit(3)')).result).toEqual({ type: 'exited', exitCode: 3 });
    expect((await js('process.kill(process.pid, "SIGABRT")')).result).toEqual({
      type: 'killed',
      signal: 'SIGABRT',
    });
    const missing = await runCommand({ command: ['/none'], env: {}, timeoutMs: 1000 });
    expect(missing.result).toMatchObject({
      type: 'not-started',
      text: expect.stringContaining('ENOENT'),
    });
  });

  it('keeps the end of a long output', async () => {
    const run = await js(
      'process.stdout.write("x".repeat(200000) + "the end", () => process.stderr.write("!"))',
    );
    expect(run.output).toHaveLength(maxOutputOctets);
    expect(text(run)).toMatch(/^x+the end!$/);
  });

  it('ends a program that takes too long, and its children', async () => {
    const child = 'setInterval(() => {}, 1000)';
    const run = await runCommand({
      command: [
        node,
        '--input-type=commonjs',
        '-e',
        `process.on('SIGTERM', () => {}); const c = require('child_process').spawn(process.execPath,
         ['-e', "process.on('SIGTERM', () => {}); ${child}"]); console.log(process.pid, c.pid); ${child}`,
      ],
      env: plainEnvironment,
      // Long enough for both to have begun; its length decides nothing.
      timeoutMs: 3000,
    });
    expect(run.result).toEqual({ type: 'timed-out' });
    const pids = text(run).trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await expect.poll(() => pids.filter(isRunning), { timeout: 10_000 }).toEqual([]);
  }, 30_000);

  it('kills what a program that ended has left running in its group', async () => {
    const run = await js(
      `const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'],
         { stdio: 'inherit' }); c.unref(); console.log(c.pid); process.exit(0)`,
    );
    expect(run.result).toEqual({ type: 'exited', exitCode: 0 });
    const pid = Number(text(run));
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
  });

  it('ends the program when it is interrupted', async () => {
    const marker = join(temporary(), 'begun');
    const controller = new AbortController();
    const running = runCommand({
      command: [
        node,
        '--input-type=commonjs',
        '-e',
        `require('fs').writeFileSync(process.argv[1], ''); setInterval(() => {}, 1000)`,
        marker,
      ],
      env: plainEnvironment,
      timeoutMs: 60_000,
      signal: controller.signal,
    });
    const refused = running.catch((error: unknown) => error);
    await expect.poll(() => existsSync(marker), { timeout: 10_000 }).toBe(true);
    controller.abort(new Error('Ctrl-C'));
    expect(await refused).toMatchObject({ message: 'Ctrl-C' });
  });
});

describe('complaintOf()', () => {
  it('says how a program ended, unless it ended well', () => {
    expect(complaintOf({ type: 'exited', exitCode: 0 }, 60_000)).toBeUndefined();
    expect(complaintOf({ type: 'exited', exitCode: 1 }, 60_000)).toBe('it ended with exit code 1');
    expect(complaintOf({ type: 'killed', signal: 'SIGKILL' }, 1)).toBe('it was ended by SIGKILL');
    expect(complaintOf({ type: 'timed-out' }, 60_000)).toBe(
      'it took longer than 60 s, and was ended',
    );
    expect(complaintOf({ type: 'not-started', text: 'x' }, 1)).toBe('it cannot be run: x');
  });
});
