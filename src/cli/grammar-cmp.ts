import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-cmp.ts';

/** Commands that ask a CA for something. */
export const cmpCommands: readonly Command[] = [
  defineCommand({
    words: ['cmp', 'initialize'],
    summary: 'Make a key and get its first certificate (ir)',
    parameters: {
      ...table.keyParameters,
      ...table.keyFileParameters,
      ...table.subjectParameters,
      ...table.credentialParameters,
      ...table.caParameters,
      ...table.waitParameters,
      ...table.dumpParameters,
      ...table.dryRunParameters,
    },
    constraints: [
      { atMostOne: ['modulus', 'key-type'] },
      { atLeastOne: ['modulus', 'key-type', 'key-file'] },
      { atMostOne: ['ca-psk', 'signer-cert'] },
      { atMostOne: ['reference', 'signer-cert'] },
    ],
    example:
      'cmp initialize modulus 2048 cert-name gw1 subject-name "CN=gw1,O=Test" ' +
      'ca-psk gw1:file:psk.txt ca-root rootA',
    load: () => import('./commands/cmp-initialize.ts'),
  }),
  defineCommand({
    words: ['cmp', 'enroll'],
    summary: 'Get a further certificate, signing with one that is here (cr)',
    parameters: {
      ...table.currentCertParameters,
      ...table.keyParameters,
      ...table.keyFileParameters,
      ...table.subjectParameters,
      ...table.caParameters,
      ...table.waitParameters,
      ...table.dumpParameters,
      ...table.dryRunParameters,
    },
    constraints: [
      { atMostOne: ['modulus', 'key-type'] },
      { atLeastOne: ['modulus', 'key-type', 'key-file'] },
    ],
    example: 'cmp enroll current-cert gw1 key-type p-256 cert-name gw1-tls subject-name "CN=gw1"',
    load: () => import('./commands/cmp-enroll.ts'),
  }),
  defineCommand({
    words: ['cmp', 'update'],
    summary: 'Renew a certificate; the old one is kept as superseded (kur)',
    parameters: {
      ...table.currentCertParameters,
      ...table.keyParameters,
      ...table.keyReuseParameters,
      ...table.caParameters,
      ...table.waitParameters,
      ...table.dumpParameters,
      ...table.dryRunParameters,
    },
    constraints: [{ atMostOne: ['modulus', 'key-type', 'key-reuse'] }],
    example: 'cmp update current-cert gw1',
    load: () => import('./commands/cmp-update.ts'),
  }),
  defineCommand({
    words: ['cmp', 'poll'],
    summary: 'Ask now for the answer to an outstanding request',
    parameters: { ...table.pollParameters, ...table.waitParameters, ...table.dumpParameters },
    example: 'cmp poll current-cert gw1 wait 5m',
    load: () => import('./commands/cmp-poll.ts'),
  }),
  defineCommand({
    words: ['cmp', 'cert-store'],
    summary: 'Set where PEM files are put, and whether an update keeps the key',
    parameters: table.certStoreParameters,
    example: 'cmp cert-store location /etc/ipsec.d key reuse',
    load: () => import('./commands/cmp-cert-store.ts'),
  }),
  defineCommand({
    words: ['no', 'cmp', 'cert-store'],
    summary: 'Put PEM files in the default place again, and make a new key at an update',
    parameters: {},
    load: () => import('./commands/no-cmp-cert-store.ts'),
  }),
  defineCommand({
    words: ['show', 'cmp', 'outstanding-req'],
    summary: 'List the requests that wait for an answer',
    parameters: {},
    load: () => import('./commands/show-cmp-outstanding-req.ts'),
  }),
  defineCommand({
    words: ['show', 'cmp', 'statistics'],
    summary: 'Show what was counted, by CA',
    parameters: {},
    load: () => import('./commands/show-cmp-statistics.ts'),
  }),
  defineCommand({
    words: ['show', 'cmp', 'history'],
    summary: 'List the last transactions, newest first',
    parameters: table.historyParameters,
    load: () => import('./commands/show-cmp-history.ts'),
  }),
  defineCommand({
    words: ['clear', 'cmp', 'cert-name'],
    summary: 'Close the outstanding requests of a name and forget its history',
    parameters: table.clearNameParameters,
    example: 'clear cmp cert-name gw1',
    load: () => import('./commands/clear-cmp-cert-name.ts'),
  }),
  defineCommand({
    words: ['clear', 'cmp', 'statistics'],
    summary: 'Set the counters to zero',
    parameters: {},
    load: () => import('./commands/clear-cmp-statistics.ts'),
  }),
];
