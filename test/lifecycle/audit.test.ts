import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { audited } from '../../src/lifecycle/audit.ts';
import { makeSite } from './site.ts';

const act = {
  actor: { type: 'agent', pid: 1, host: 'gw' },
  what: 'renew',
  arguments: [['cert-name', 'gw1']],
} as const;

describe('audited()', () => {
  it('writes an act before it is done, and then how it ended', async () => {
    const { context, store, clock } = await makeSite();
    const before = await audited(context, act, async () => {
      await clock.advance(60);
      return await store.audit.list();
    });
    expect(before).toStrictEqual([{ ...act, id: 1, at: new Date('2026-12-01T12:00:00Z') }]);
    expect(await store.audit.list()).toStrictEqual([
      { ...before[0], result: { at: new Date('2026-12-01T12:01:00Z'), exitCode: 0 } },
    ]);
  });

  it('takes the result from what came of it', async () => {
    const { context, store } = await makeSite();
    await audited(
      context,
      act,
      async () => 'waiting',
      (text) => ({ exitCode: 8, text }),
    );
    expect((await store.audit.list())[0]?.result).toMatchObject({ exitCode: 8, text: 'waiting' });
  });

  it('writes an error, and throws it on', async () => {
    const { context, store } = await makeSite();
    const error = new CertError('NETWORK_TIMEOUT', 'Cannot reach it');
    await expect(audited(context, act, () => Promise.reject(error))).rejects.toBe(error);
    const bug = new TypeError('oh');
    await expect(audited(context, act, () => Promise.reject(bug))).rejects.toBe(bug);
    expect((await store.audit.list()).map(({ result }) => result)).toMatchObject([
      { exitCode: 1, code: 'INTERNAL', text: 'TypeError: oh' },
      { exitCode: 5, code: 'NETWORK_TIMEOUT', text: 'Cannot reach it' },
    ]);
  });
});
