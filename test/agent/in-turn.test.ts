import { describe, expect, it } from 'vitest';
import { inTurn } from '../../src/agent/in-turn.ts';

describe('inTurn()', () => {
  it('does it once at a time, and once more for all who asked meanwhile', async () => {
    const waiting: PromiseWithResolvers<void>[] = [];
    const ask = inTurn(() => {
      const each = Promise.withResolvers<void>();
      waiting.push(each);
      return each.promise;
    });
    const first = ask();
    const others = [ask(), ask()];
    expect(waiting).toHaveLength(1);
    waiting[0]?.reject(new Error('no'));
    await expect(first).rejects.toThrow('no');
    await expect.poll(() => waiting.length).toBe(2);
    const later = ask();
    waiting[1]?.resolve();
    await Promise.all(others);
    await expect.poll(() => waiting.length).toBe(3);
    waiting[2]?.resolve();
    await later;
    void ask();
    expect(waiting).toHaveLength(4);
  });
});
