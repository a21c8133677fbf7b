import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-cert.ts';

/** Commands that take certificates in from elsewhere, and out. */
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
  defineCommand({
    words: ['cert', 'track'],
    changes: 'store',
    summary: 'Watch a certificate that somebody else renews; with its name alone, read it again',
    parameters: table.certTrackParameters,
    constraints: [{ atMostOne: ['file', 'endpoint'] }],
    example: 'cert track cert-name www file /etc/ssl/www.pem',
    load: () => import('./commands/cert-track.ts'),
  }),
  defineCommand({
    words: ['cert', 'chain-limit'],
    changes: 'store',
    summary: 'Set how many issuers go along with a certificate, in requests, files and exports',
    parameters: table.chainLimitParameters,
    example: 'cert chain-limit 2',
    load: () => import('./commands/cert-chain-limit.ts'),
  }),
  defineCommand({
    words: ['no', 'cert', 'chain-limit'],
    changes: 'store',
    summary: 'Let up to 4 issuers go along with a certificate again',
    parameters: {},
    load: () => import('./commands/no-cert-chain-limit.ts'),
  }),
  defineCommand({
    words: ['cert', 'export'],
    changes: 'world',
    summary: 'Write a certificate out of the store, with its chain, and its key when that is said',
    parameters: table.certExportParameters,
    example: 'cert export gw1 to gw1.p12 form pkcs12 with-key password file:gw1.pass',
    load: () => import('./commands/cert-export.ts'),
  }),
];
