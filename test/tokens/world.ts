import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { tokenKeys, type TokenKeys } from '../../src/tokens/token-keys.ts';
import type { TokenWorld } from '../../src/tokens/token-world.ts';
import type { FakeToken } from './fake-cryptoki.ts';

/** Keys in a fake token, and what stands around them. */
export interface TokenDesk {
  readonly keys: TokenKeys;
  /** Where PINs were asked for, each time. */
  readonly asked: string[];
  /** Labels of tokens that did not take their PIN. */
  readonly refused: Set<string>;
  /** What is in the place where the PIN comes from. */
  pin: string;
}

/** Open a fake token as a process does; another one with the same `refused` is another process. */
export function openToken(
  token: FakeToken,
  changes: Partial<TokenWorld> = {},
  refused: Set<string> = new Set<string>(),
): TokenDesk {
  const asked: string[] = [];
  const place = { pin: '1234' };
  const desk: TokenDesk = {
    asked,
    refused,
    get pin() {
      return place.pin;
    },
    set pin(pin) {
      place.pin = pin;
    },
    keys: tokenKeys({
      load: async () => token.cryptoki,
      access: async () => ({ modulePath: '/lib/fake.so', pinSource: 'file:/pin' }),
      async pin(source) {
        asked.push(source);
        return utf8(place.pin);
      },
      refusals: {
        find: async (label) => (refused.has(label) ? new Date(0) : undefined),
        remember: async (label) => void refused.add(label),
        forget: async (label) => void refused.delete(label),
      },
      random: { bytes: (length) => Uint8Array.from(randomBytes(length)) },
      ...changes,
    }),
  };
  onTestFinished(() => desk.keys.close());
  return desk;
}
