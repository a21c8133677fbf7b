import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-cert.ts';

/** Commands about certificates that were got elsewhere. */
export const certCommands: readonly Command[] = [
  defineCommand({
    words: ['cert', 'import'],
    changes: 'world',
    summary: 'Take a certificate from a file, with its key and chain, to sign requests with',
    parameters: table.certImportParameters,
    example: 'cert import cert-name vendor file device.p12 password file:device.pass',
    load: () => import('./commands/cert-import.ts'),
  }),
];
