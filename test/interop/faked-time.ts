import { globSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A time of day that a test sets, for whoever is started with this environment. */
export interface FakedTime {
  readonly env: Readonly<Record<string, string>>;
  now(): Date;
  /** Set it; from there it goes on as time does. */
  set(at: Date): void;
}

/**
 * Make a time of day, beginning as it is. Only that is faked: what counts time for timeouts and timers goes on as usual.
 */
export function fakedTime(): FakedTime {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-time-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'time');
  let aheadMs = 0;
  const write = (): void => {
    // Nobody may read half of it.
    writeFileSync(`${file}.new`, `${aheadMs < 0 ? '-' : '+'}${Math.abs(aheadMs) / 1000}\n`);
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    env: {
      LD_PRELOAD: fakedTimeLibrary('libfaketimeMT.so.1'),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    now: () => new Date(Date.now() + aheadMs),
    set(at) {
      aheadMs = at.getTime() - Date.now();
      write();
    },
  };
}

/**
 * Find what fakes the time of a program that is started with it. The program `faketime` would set this, and fails when a
 * process before it that had the same number was killed and left its semaphore behind.
 */
export function fakedTimeLibrary(name: 'libfaketime.so.1' | 'libfaketimeMT.so.1'): string {
  const [found] = globSync(`/usr/{lib,lib64,lib/*,local/lib}/faketime/${name}`);
  if (found === undefined) throw new Error(`"${name}" is not where faketime keeps it`);
  return found;
}
