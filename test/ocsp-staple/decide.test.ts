import { describe, expect, it } from 'vitest';
import { decide, type Offered } from '../../src/ocsp-staple/decide.ts';
import type { HeldStaple, KeptStaple } from '../../src/store/staples-contract.ts';
import { held, hour } from './made.ts';

type Kept = Pick<KeptStaple, 'held' | 'revoked'>;

const good = (changes: Partial<HeldStaple> = {}): Offered => ({
  type: 'good',
  staple: held(changes),
});

const revoked = (reason: string, at: number): Offered => ({
  type: 'revoked',
  at: hour(0),
  reason,
  thisUpdate: hour(at),
});

const saidBefore = (reason: string, at: number): Kept => ({
  revoked: { at: hour(0), reason, thisUpdate: hour(at) },
});

const nothing = { type: 'nothing', code: 'timeout', detail: 'it took too long' } as const;

/** The first word of a decision, and why. */
function decided(
  kept: Kept | undefined,
  offered: Offered,
  now: number,
  changes: { readonly isClockSuspect?: boolean; readonly allowsEndless?: boolean } = {},
): string {
  const circumstances = {
    now: hour(now),
    isClockSuspect: false,
    allowsEndless: false,
    ...changes,
  };
  const decision = decide(kept, offered, circumstances);
  const code = decision.type === 'keep' ? decision.trouble?.code : undefined;
  return code === undefined ? decision.type : `${decision.type}: ${code}`;
}

const { nextUpdate: _, ...endless } = held();

describe('decide()', () => {
  it.each<[string, Kept | undefined, Offered, number, string]>([
    ['takes the first', undefined, good(), 1, 'take'],
    [
      'takes one in place of one that has ended',
      { held: held() },
      good({ until: hour(99) }),
      91,
      'take',
    ],
    [
      'takes a newer one that lasts longer',
      { held: held() },
      good({ thisUpdate: hour(50), until: hour(140) }),
      51,
      'take',
    ],
    ['takes one as new that lasts longer', { held: held() }, good({ until: hour(95) }), 51, 'take'],
    ['keeps what is as new and lasts as long', { held: held() }, good(), 51, 'keep'],
    [
      'keeps what lasts longer than a newer one',
      { held: held() },
      good({ thisUpdate: hour(50), until: hour(80) }),
      51,
      'keep',
    ],
    [
      'keeps what is newer',
      { held: held() },
      good({ thisUpdate: hour(-1), until: hour(200) }),
      51,
      'keep: worse',
    ],
    ['refuses what has ended', undefined, good({ until: hour(1) }), 1, 'keep: expired'],
    [
      'refuses what has to go at once: a server would be told twice a minute',
      undefined,
      good({ until: hour(1 + 59 / 3600) }),
      1,
      'keep: expired',
    ],
    [
      'refuses what has no end',
      undefined,
      { type: 'good', staple: endless },
      1,
      'keep: no-next-update',
    ],
    ['keeps what is there when nobody answers', { held: held() }, nothing, 51, 'keep: timeout'],
    [
      'keeps what is there when the responder does not know it',
      { held: held() },
      { type: 'unknown' },
      51,
      'keep: unknown',
    ],
    ['keeps what is the newest there is', { held: held() }, { type: 'not-modified' }, 51, 'keep'],
    [
      'does not believe that nothing has changed where nothing is held',
      undefined,
      { type: 'not-modified' },
      51,
      'keep: malformed',
    ],
    [
      'does not believe that nothing has changed since one that has ended',
      { held: held() },
      { type: 'not-modified' },
      91,
      'keep: malformed',
    ],
    ['withdraws what is revoked', { held: held() }, revoked('keyCompromise', 50), 51, 'withdraw'],
    [
      'withdraws what is revoked for good by an older word, too',
      { held: held() },
      revoked('keyCompromise', -1),
      51,
      'withdraw',
    ],
    ['withdraws what is on hold', { held: held() }, revoked('certificateHold', 50), 51, 'withdraw'],
    [
      'keeps what is newer than a hold',
      { held: held() },
      revoked('certificateHold', -1),
      51,
      'keep: worse',
    ],
    [
      'takes what is good again after a hold',
      saidBefore('certificateHold', 50),
      good({ thisUpdate: hour(51) }),
      52,
      'take',
    ],
    [
      'refuses what is older than a hold',
      saidBefore('certificateHold', 50),
      good({ thisUpdate: hour(50) }),
      52,
      'keep: worse',
    ],
    [
      'refuses good of what was revoked for good',
      saidBefore('keyCompromise', 50),
      good({ thisUpdate: hour(51) }),
      52,
      'keep: worse',
    ],
    [
      'takes a newer one where what is held is said to be good for years',
      { held: held({ nextUpdate: hour(876_000), until: hour(20_000) }) },
      good({ thisUpdate: hour(100), until: hour(260) }),
      101,
      'take',
    ],
    [
      'keeps what is for years where a newer one ends before it is too old',
      { held: held({ nextUpdate: hour(876_000), until: hour(20_000) }) },
      good({ thisUpdate: hour(100), until: hour(200) }),
      101,
      'keep',
    ],
  ])('%s', (_name, kept, offered, now, expected) => {
    expect(decided(kept, offered, now)).toBe(expected);
  });

  it.each([
    [
      'a hold after a revocation for good',
      saidBefore('keyCompromise', 50),
      revoked('certificateHold', 60),
    ],
    [
      'a hold from before the one known',
      saidBefore('certificateHold', 50),
      revoked('certificateHold', 40),
    ],
  ])('lets nobody weaken by %s what was said before', (_name, kept, offered) => {
    const circumstances = { now: hour(61), isClockSuspect: false, allowsEndless: false };
    expect(decide(kept, offered, circumstances)).toStrictEqual({ type: 'withdraw', ...kept });
  });

  it('takes what has no end where that is allowed', () => {
    const offered = { type: 'good', staple: endless } as const;
    expect(decided(undefined, offered, 1, { allowsEndless: true })).toBe('take');
  });

  it.each([good(), revoked('keyCompromise', 50), { type: 'unknown' } as const])(
    'changes nothing while the clock cannot be right',
    (offered) => {
      expect(decided({ held: held() }, offered, 1, { isClockSuspect: true })).toBe(
        'keep: clock-suspect',
      );
    },
  );
});
