import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-token.ts';

/** Commands about PKCS #11 tokens. */
export const tokenCommands: readonly Command[] = [
  defineCommand({
    words: ['crypto', 'token', 'add'],
    changes: 'store',
    summary: 'Say how a PKCS #11 token is got at: its module, and where its PIN is',
    parameters: table.tokenAddParameters,
    example: 'crypto token add hsm1 module /usr/lib/softhsm/libsofthsm2.so pin file:/etc/hsm1.pin',
    load: () => import('./commands/crypto-token-add.ts'),
  }),
  defineCommand({
    words: ['crypto', 'token', 'show'],
    changes: 'nothing',
    summary: 'List the PKCS #11 tokens that are set up',
    parameters: {},
    load: () => import('./commands/crypto-token-show.ts'),
  }),
  defineCommand({
    words: ['crypto', 'token', 'check'],
    changes: 'store',
    summary: 'Log in to a PKCS #11 token, also after it did not take its PIN',
    parameters: table.tokenCheckParameters,
    example: 'crypto token check hsm1',
    load: () => import('./commands/crypto-token-check.ts'),
  }),
  defineCommand({
    words: ['crypto', 'token', 'remove'],
    changes: 'store',
    summary: 'Forget how a PKCS #11 token is got at; keys in it stay',
    parameters: table.tokenRemoveParameters,
    example: 'crypto token remove hsm1',
    load: () => import('./commands/crypto-token-remove.ts'),
  }),
];
