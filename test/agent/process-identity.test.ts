import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { isAlive, thisProcess } from '../../src/agent/process-identity.ts';

describe('isAlive()', () => {
  it('knows this process', () => {
    expect(isAlive(thisProcess())).toBe(true);
  });

  it('knows that a process has ended', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    const { pid = 0 } = child;
    await once(child, 'exit');
    expect(isAlive({ ...thisProcess(), pid })).toBe(false);
  });

  it('does not take another process with the same pid for it', () => {
    expect(isAlive({ ...thisProcess(), startedAt: '1' })).toBe(process.platform !== 'linux');
  });

  it('takes a process of another host for alive', () => {
    expect(isAlive({ ...thisProcess(), pid: 2 ** 22 + 1, host: 'elsewhere.example' })).toBe(true);
  });
});
