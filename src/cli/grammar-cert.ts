import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-cert.ts';

/** Commands about certificates that were got elsewhere. */
export const certCommands: readonly Command[] = [
  defineCommand({
    words: ['cert', 'import'],
    changes: 'world',
    summary: 'Take a certificate from a file, with its key and chain, to sign requests with',
    parameters: table.certImportParameters,
    constraints: [
      { atMostOne: ['key-file', 'key-provider'] },
      { atMostOne: ['ca', 'key-file'] },
      { atMostOne: ['ca', 'key-provider'] },
      { atMostOne: ['ca', 'chain-file'] },
      { atMostOne: ['ca', 'ca-root'] },
      { atMostOne: ['ca', 'complete-chain'] },
    ],
    example: 'cert import cert-name vendor file device.p12 password file:device.pass',
    load: () => import('./commands/cert-import.ts'),
  }),
];
