import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { describe, expect, it, onTestFinished } from 'vitest';

import { livenessOf, thisProcess } from '../../src/agent/process-identity.ts';

const isLinux = process.platform === 'linux';

describe('livenessOf()', () => {
  it.runIf(isLinux)('finds this process alive', () => {
    expect(livenessOf(thisProcess())).toBe('alive');
  });

  it.runIf(isLinux)('finds a process that has ended dead', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const { pid = 0 } = child;
    await once(child, 'exit');
    expect(livenessOf({ ...thisProcess(), pid })).toBe('dead');
  });

  it.runIf(isLinux)('finds a process whose pid belongs to another one by now dead', () => {
    expect(livenessOf({ ...thisProcess(), startedAt: '1' })).toBe('dead');
  });

  it.runIf(isLinux)('finds a zombie dead', async () => {
    // The shell has become a process that never asks how its child ended.
    // The child ends only when it is told to: one that had ended before the exec, the shell would have asked about.
    const parent = spawn('sh', ['-c', '(read end <&3) & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const { stdout } = parent;
    if (!stdout) throw new Error('no stdout');
    const [line] = await once(stdout, 'data');
    const pid = Number(String(line));
    await becomesSleep(parent.pid ?? 0);
    parent.stdio[3]?.destroy();
    const stat = await zombieStat(pid);
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    expect(livenessOf({ ...thisProcess(), pid, startedAt })).toBe('dead');
  });

  it.runIf(isLinux)('finds a process of this host before its last boot dead', () => {
    const earlier = { ...thisProcess(), boot: 'earlier' };
    expect(livenessOf({ ...earlier, startedAt: '1' })).toBe('dead');
    expect(livenessOf({ ...earlier, pid: 2 ** 22 + 1 })).toBe('dead');
    expect(livenessOf({ ...earlier, pidNamespace: 'pid:[1]' })).toBe('dead');
  });

  it.runIf(isLinux)(
    'finds a process alive that was told another boot id in the same container',
    () => {
      expect(livenessOf({ ...thisProcess(), boot: 'of the container' })).toBe('alive');
    },
  );

  it('cannot tell of another kernel’s process', () => {
    const there = { boot: 'theirs', host: 'elsewhere.example', pid: 2 ** 22 + 1 };
    expect(livenessOf({ ...thisProcess(), ...there })).toBe('unknown');
  });

  it('cannot tell of a process in another namespace, which may well be alive', () => {
    const there = { pidNamespace: 'pid:[1]', pid: 2 ** 22 + 1, host: 'container' };
    expect(livenessOf({ ...thisProcess(), ...there })).toBe('unknown');
  });

  it('cannot tell of a process that did not know when it began, or where', () => {
    expect(livenessOf({ ...thisProcess(), startedAt: '' })).toBe('unknown');
    expect(livenessOf({ ...thisProcess(), boot: '', pid: 2 ** 22 + 1 })).toBe('unknown');
    expect(livenessOf({ ...thisProcess(), pidNamespace: '', pid: 2 ** 22 + 1 })).toBe('unknown');
  });

  it('cannot tell anything on a system that says nothing of itself', () => {
    const bare = { host: 'here', boot: '', pidNamespace: '' };
    const owner = { ...bare, pid: 2 ** 22 + 1, startedAt: '' };
    expect(livenessOf(owner, bare)).toBe('unknown');
    expect(livenessOf({ ...owner, boot: 'known' }, bare)).toBe('unknown');
  });
});

/** Wait until a child that nobody asks after has ended, by looking at it. */
async function becomesSleep(pid: number): Promise<void> {
  while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes('(sleep)')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function zombieStat(pid: number): Promise<string> {
  for (;;) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat.includes(') Z ')) return stat;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
