import { describe, expect, it } from 'vitest';
import { endedBy } from '../../src/base/ended-by.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('work that a signal may end', () => {
  it('gives what it comes to', async () => {
    const end = new AbortController();
    expect(await endedBy(end.signal, async () => 'done')).toBe('done');
  });

  it('is over at once when it is ended, though it never ends by itself', async () => {
    const end = new AbortController();
    const working = endedBy(end.signal, never);
    end.abort(new Error('enough'));
    await expect(working).rejects.toThrow('enough');
  });

  it('tells why it was ended, and not what broke because of that', async () => {
    const end = new AbortController();
    const working = endedBy(end.signal, async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('the connection broke');
    });
    end.abort(new Error('enough'));
    await expect(working).rejects.toThrow('enough');
  });

  it('is not begun when it was ended before', async () => {
    let begun = 0;
    const working = endedBy(AbortSignal.abort(new Error('enough')), async () => {
      begun++;
    });
    await expect(working).rejects.toThrow('enough');
    expect(begun).toBe(0);
  });

  it('tells what broke by itself', async () => {
    const working = endedBy(new AbortController().signal, async () => {
      throw new Error('broken');
    });
    await expect(working).rejects.toThrow('broken');
  });
});
