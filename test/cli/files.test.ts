import { describe, expect, it } from 'vitest';
import { readOpened, type OpenedFile } from '../../src/cli/files.ts';

/** A file that answers each time with what comes next, and with "try again" when nothing is left. */
function file(answers: readonly string[], kind: 'pipe' | 'terminal' | 'device'): OpenedFile {
  const left = [...answers];
  return {
    read: async ({ buffer }) => {
      const next = left.shift();
      if (next === undefined || next === 'again')
        throw Object.assign(new Error('resource temporarily unavailable'), { code: 'EAGAIN' });
      buffer.set(Buffer.from(next));
      return { bytesRead: next.length, buffer };
    },
    isWaitedFor: async () => kind !== 'device',
    isPipe: async () => kind === 'pipe',
  };
}

const atOnce = async (): Promise<void> => {};

describe('readOpened()', () => {
  it.each(['pipe', 'terminal'] as const)('waits for a %s as long as it takes', async (kind) => {
    const silence = Array.from({ length: 5000 }, () => 'again');
    const octets = await readOpened(file([...silence, 'ab', 'again', 'c', ''], kind), 100, atOnce);
    expect(Buffer.from(octets).toString()).toBe('abc');
  });

  it('gives up on a device that says neither something nor that it is at its end', async () => {
    await expect(readOpened(file(['ab', 'again', 'c'], 'device'), 100, atOnce)).rejects.toThrow(
      'it has no end, and nothing more for now',
    );
  });

  it('gives a device a little time', async () => {
    const octets = await readOpened(file(['again', 'again', 'ab', ''], 'device'), 100, atOnce);
    expect(Buffer.from(octets).toString()).toBe('ab');
  });
});
