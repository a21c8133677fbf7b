import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AgentStatus } from '../../src/agent/agent.ts';
import { askHealth, healthOf } from '../../src/agent/health.ts';
import { keepMetricsFile, replaceFile } from '../../src/agent/metrics-file.ts';
import { serviceManager } from '../../src/agent/sd-notify.ts';
import { feedWatchdog, watchdogMs } from '../../src/agent/watchdog.ts';
import { silentLog, type Log } from '../../src/base/log.ts';
import { coded } from '../lifecycle/site.ts';

afterEach(() => {
  vi.useRealTimers();
});

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-operations-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function listening(): { readonly log: Log; readonly warnings: string[] } {
  const warnings: string[] = [];
  return { log: { ...silentLog, warn: (text) => void warnings.push(text) }, warnings };
}

async function fail(): Promise<never> {
  throw new Error('no store');
}

async function yes(): Promise<boolean> {
  return true;
}

/** A systemd-notify that writes down what it is told. */
function fakeNotify(exitCode: number): { readonly programs: string[]; said(): string } {
  const directory = folder();
  const program = join(directory, 'systemd-notify');
  writeFileSync(
    program,
    `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${directory}/said\necho broken >&2\nexit ${exitCode}\n`,
  );
  chmodSync(program, 0o755);
  return {
    programs: ['/nowhere', directory],
    said: () => readFileSync(join(directory, 'said'), 'utf8'),
  };
}

describe('a metrics file', () => {
  it('takes the place of the one before in one step, for every user to read', async () => {
    const path = join(folder(), 'certkeeper.prom');
    await replaceFile(path, ['a ', '1\n']);
    await replaceFile(path, ['a 2\n']);
    expect(readFileSync(path, 'utf8')).toBe('a 2\n');
    expect(statSync(path).mode & 0o777).toBe(0o644);
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  it('is written at once and each minute; what fails is told once', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const path = join(folder(), 'certkeeper.prom');
    const { log, warnings } = listening();
    const asked: (() => void)[] = [];
    let isBroken = false;
    const metrics = async () => {
      asked.shift()?.();
      if (isBroken) throw new Error('no store');
      return { parts: ['a 1\n'] };
    };
    const next = () => new Promise<void>((resolve) => asked.push(resolve));
    const first = next();
    const stop = keepMetricsFile(path, metrics, log);
    await first;
    await vi.waitFor(() => expect(existsSync(path)).toBe(true));
    isBroken = true;
    for (let minute = 1; minute <= 3; minute++) {
      const wait = next();
      vi.advanceTimersByTime(60_000);
      await wait;
      await vi.waitFor(() => expect(warnings).toHaveLength(1));
    }
    expect(warnings[0]).toContain('no store');
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has to have a name that node_exporter reads', () => {
    expect(() => keepMetricsFile('/tmp/x.txt', async () => ({ parts: [] }), silentLog)).toThrow(
      expect.objectContaining(coded('CONFIG_INVALID')),
    );
  });
});

describe('health', () => {
  const startedAt = new Date('2026-12-01T00:00:00Z');
  const status: AgentStatus = { startedAt, runs: 1 };
  const later = (minutes: number) => new Date(startedAt.getTime() + minutes * 60_000);
  const report = { looked: 0, done: 0, failed: 0 };

  it('is there while runs come to their end, or one is under way', () => {
    expect(healthOf(status, later(14)).isReady).toBe(true);
    expect(healthOf(status, later(16)).isReady).toBe(false);
    expect(healthOf({ ...status, lastRun: { at: later(10), report } }, later(20)).isReady).toBe(
      true,
    );
    expect(healthOf({ ...status, busySince: later(0) }, later(100)).isReady).toBe(true);
    expect(healthOf({ ...status, busySince: later(0) }, later(200)).isReady).toBe(false);
  });

  it('is not there when the store cannot be used', async () => {
    expect(healthOf({ ...status, trouble: 'disk full' }, later(1))).toStrictEqual({
      isReady: false,
      reason: 'disk full',
    });
    expect(await askHealth(fail, () => later(1))).toStrictEqual({
      isReady: false,
      reason: 'no store',
    });
  });
});

describe('the watchdog', () => {
  it('is fed at half of what the service manager allows, if it is meant for this process', () => {
    expect(watchdogMs({ WATCHDOG_USEC: '180000000' }, 7)).toBe(90_000);
    expect(watchdogMs({ WATCHDOG_USEC: '180000000', WATCHDOG_PID: '7' }, 7)).toBe(90_000);
    expect(watchdogMs({ WATCHDOG_USEC: '180000000', WATCHDOG_PID: '8' }, 7)).toBeUndefined();
    for (const text of ['', '0', '-1', '1e6', ' 5', '999999999999999'])
      expect(watchdogMs({ WATCHDOG_USEC: text }, 7), text).toBeUndefined();
  });

  it('goes hungry while the process is not well', async () => {
    vi.useFakeTimers();
    const said: string[] = [];
    let isWell: () => Promise<boolean> = yes;
    const manager = { notify: async (...notices: readonly string[]) => void said.push(...notices) };
    const watchdog = feedWatchdog(manager, 1000, () => isWell());
    await vi.advanceTimersByTimeAsync(2000);
    expect(said).toStrictEqual(['WATCHDOG=1', 'WATCHDOG=1']);
    isWell = fail;
    await vi.advanceTimersByTimeAsync(5000);
    // Whoever waits for ever says nothing either, and is not asked again.
    isWell = () => new Promise(() => {});
    await vi.advanceTimersByTimeAsync(5000);
    expect(said).toHaveLength(2);
    watchdog.stop();
  });
});

describe('serviceManager()', () => {
  it('is there only where there is a socket', () => {
    expect(serviceManager({}, silentLog)).toBeUndefined();
    expect(serviceManager({ NOTIFY_SOCKET: '' }, silentLog)).toBeUndefined();
  });

  it('is told by systemd-notify, one notice after the other', async () => {
    const { programs, said } = fakeNotify(0);
    const { log, warnings } = listening();
    const manager = serviceManager({ NOTIFY_SOCKET: '/run/x', SECRET: 's' }, log, programs);
    await Promise.all([manager?.notify('READY=1', 'STATUS=Well'), manager?.notify('WATCHDOG=1')]);
    expect(said()).toBe('/run/x READY=1 STATUS=Well\n/run/x WATCHDOG=1\n');
    expect(warnings).toStrictEqual([]);
  });

  it('that cannot be told is warned of once, and work goes on', async () => {
    const { log, warnings } = listening();
    const env = { NOTIFY_SOCKET: '/run/x' };
    const manager = serviceManager(env, log, fakeNotify(1).programs);
    await manager?.notify('READY=1');
    await manager?.notify('WATCHDOG=1');
    expect(warnings).toStrictEqual([expect.stringContaining('exit code 1: broken')]);
    await serviceManager(env, log, ['/nowhere'])?.notify('READY=1');
    expect(warnings[1]).toContain('there is no systemd-notify');
  });
});
