import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(argv: readonly string[], stdout: 'pipe' | 'gone' | number = 'pipe'): Promise<Ended> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-main-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const child = spawn(process.execPath, [main, ...argv], {
    env: { PATH: process.env['PATH'], HOME: directory, CERTKEEPER_STATE: join(directory, 'state') },
    stdio: ['ignore', stdout === 'gone' ? 'pipe' : stdout, 'pipe'],
  });
  let out = '';
  let err = '';
  if (stdout === 'gone') child.stdout?.destroy();
  else child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

describe('the certkeeper command', () => {
  it('looks for the store in CERTKEEPER_STATE and ends with the exit code of its command', async () => {
    const { code, out, err } = await start(['show', 'cert']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^There is no certificate: there is no store in \/\S+\/state\n$/);
    expect(await start(['show', 'cert', 'gw1'])).toMatchObject({ code: 3, out: '' });
    expect(await start(['shwo'])).toMatchObject({ code: 2, out: '' });
  });

  it('says nothing when its reader has gone away', async () => {
    expect(await start(['--help'], 'gone')).toEqual({ code: 0, out: '', err: '' });
  });

  it.runIf(existsSync('/dev/full'))('says when what it prints cannot be written', async () => {
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    for (const argv of [['show', 'cert'], ['--help'], ['show', 'cert', '--json']]) {
      const { code, err } = await start(argv, full);
      expect(code).toBe(3);
      expect(err).toMatch(
        /^error: Cannot write to standard output: no space left .*\nhint: .*\ncode: FILE_UNWRITABLE\n$/,
      );
    }
    // What the command has to say by its exit code is more than that.
    expect((await start(['shwo', '--json'], full)).code).toBe(2);
  });
});
