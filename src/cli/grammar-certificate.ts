import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-certificate.ts';

/** The gateway's own words for import and removal. */
export const certificateCommands: readonly Command[] = [
  defineCommand({
    words: ['certificate', 'name'],
    changes: 'world',
    summary: 'Take a certificate and its private key, in the words of a gateway; see cert import',
    parameters: table.certificateNameParameters,
    constraints: [
      { atLeastOne: ['der url', 'pem data', 'pem url'] },
      { atMostOne: ['der url', 'pem data', 'pem url'] },
      {
        atMostOne: [
          'private-key pem data',
          'private-key pem encrypted data',
          'private-key pem url',
        ],
      },
    ],
    example:
      'certificate name gw1 pem url sftp://files.example/gw1.pem private-key pem url /flash/gw1.key',
    load: () => import('./commands/certificate-name.ts'),
  }),
  defineCommand({
    words: ['no', 'certificate', 'name'],
    changes: 'world',
    summary: 'Forget a certificate with all that goes with it, and the files written for it',
    parameters: table.noCertificateNameParameters,
    example: 'no certificate name gw1 --yes',
    load: () => import('./commands/no-certificate-name.ts'),
  }),
];
