import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Random } from '../../src/base/random.ts';
import { createLab, type Lab, type LabOptions } from '../../src/ca/lab.ts';

export const reference = 'device-0001';
export const secret: Uint8Array = utf8('s3cret');

/** Real random octets: nonces must differ. */
export const random: Random = { bytes: (length) => Uint8Array.from(randomBytes(length)) };

/** A clock that stands still until it is moved. */
export interface MovableClock extends Clock {
  advance(seconds: number): void;
}

/** Make a clock that stands at a moment; sleeping moves it. */
export function clockAt(time: Date): MovableClock {
  let now = time.getTime();
  return {
    now: () => new Date(now),
    async sleep(ms) {
      now += ms;
    },
    advance(seconds) {
      now += seconds * 1000;
    },
  };
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-lab-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A lab that knows `reference`, closed and removed after the test. */
export async function openLab(options: Partial<LabOptions> = {}): Promise<Lab> {
  const lab = await createLab({
    directory: options.directory ?? temporaryDirectory(),
    clock: clockAt(new Date('2026-11-01T12:00:00Z')),
    random,
    secrets: new Map([[reference, secret]]),
    ...options,
  });
  onTestFinished(() => lab.close());
  return lab;
}
