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

const after = (reason: string, at: number): Kept => ({
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
      after('certificateHold', 50),
      good({ thisUpdate: hour(51) }),
      52,
      'take',
    ],
    [
      'refuses what is older than a hold',
      after('certificateHold', 50),
      good({ thisUpdate: hour(50) }),
      52,
      'keep: worse',
    ],
    [
      'refuses good of what was revoked for good',
      after('keyCompromise', 50),
      good({ thisUpdate: hour(51) }),
      52,
      'keep: worse',
    ],
  ])('%s', (_name, kept, offered, now, expected) => {
    expect(decided(kept, offered, now)).toBe(expected);
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
