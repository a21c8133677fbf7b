import { defineCommand, type Command } from './command.ts';
import { agentSocketParameters } from './parameters-agent-socket.ts';
import * as table from './parameters-cmp.ts';
import * as key from './parameters-key.ts';

/** The key of a new certificate: one way to have it, of those that go together. */
const keyConstraints = [
  { atMostOne: ['modulus', 'key-type'] },
  {
    atLeastOne: ['modulus', 'key-type', 'key-file', 'key-as-asked', 'key-source', 'key-provider'],
  },
  { atMostOne: ['key-file', 'key-provider', 'key-source'] },
  { atMostOne: ['key-file', 'key-as-asked', 'key-source'] },
  { atMostOne: ['key-as-asked', 'popo'] },
] as const;

/** What a new certificate shall be called. */
const subjectConstraints = [
  { atMostOne: ['subject-name', 'no-subject', 'csr'] },
  { atLeastOne: ['subject-name', 'no-subject', 'csr'] },
] as const;

/** Commands that ask a CA for something. */
export const cmpCommands: readonly Command[] = [
  defineCommand({
    words: ['cmp', 'initialize'],
    changes: 'world',
    summary: 'Make a key and get its first certificate (ir)',
    parameters: {
      ...key.keyParameters,
      ...key.keyProviderParameters,
      ...key.keyFileParameters,
      ...key.keyTemplateParameters,
      ...table.subjectParameters,
      ...table.templateParameters,
      ...table.credentialParameters,
      ...table.retryParameters,
      ...table.sendParameters,
    },
    constraints: [...keyConstraints, ...table.credentialConstraints, ...subjectConstraints],
    example:
      'cmp initialize modulus 2048 cert-name gw1 subject-name "CN=gw1,O=Test" ' +
      'ca-psk gw1:file:psk.txt ca-root rootA',
    load: () => import('./commands/cmp-initialize.ts'),
  }),
  defineCommand({
    words: ['cmp', 'enroll'],
    changes: 'world',
    summary: 'Get a further certificate, signing with one that is here (cr)',
    parameters: {
      ...table.currentCertParameters,
      ...key.keyParameters,
      ...key.keyProviderParameters,
      ...key.keyFileParameters,
      ...key.keyTemplateParameters,
      ...table.subjectParameters,
      ...table.templateParameters,
      ...table.retryParameters,
      ...table.sendParameters,
    },
    constraints: [...keyConstraints, ...subjectConstraints],
    example: 'cmp enroll current-cert gw1 key-type p-256 cert-name gw1-tls subject-name "CN=gw1"',
    load: () => import('./commands/cmp-enroll.ts'),
  }),
  defineCommand({
    words: ['cmp', 'update'],
    changes: 'world',
    summary: 'Renew a certificate, or many; the old one is kept as superseded (kur)',
    parameters: {
      ...table.updateParameters,
      ...key.keyParameters,
      ...key.keyProviderParameters,
      ...key.keyReuseParameters,
      ...table.sendParameters,
    },
    constraints: [
      { atLeastOne: ['current-cert', 'all', 'expiring', 'ca-root'] },
      { atMostOne: ['current-cert', 'all'] },
      { atMostOne: ['current-cert', 'expiring'] },
      { atMostOne: ['current-cert', 'concurrency'] },
      { atMostOne: ['current-cert', 'per-ca'] },
      { atMostOne: ['modulus', 'key-type', 'key-reuse'] },
      { atMostOne: ['key-provider', 'key-reuse'] },
    ],
    example: 'cmp update current-cert gw1',
    load: () => import('./commands/cmp-update.ts'),
  }),
  defineCommand({
    words: ['cmp', 'request'],
    changes: 'world',
    summary: 'Get a certificate for a PKCS #10 request made elsewhere (p10cr)',
    parameters: {
      ...table.requestParameters,
      ...key.requestKeyParameters,
      ...table.credentialParameters,
      ...table.retryParameters,
      ...table.sendParameters,
    },
    constraints: [...table.credentialConstraints],
    example: 'cmp request csr gw2.csr cert-name gw2 ca-psk gw2:file:psk.txt ca-root rootA',
    load: () => import('./commands/cmp-request.ts'),
  }),
  defineCommand({
    words: ['cmp', 'revoke'],
    changes: 'world',
    summary: 'Have a certificate revoked (rr)',
    parameters: {
      ...table.revokeParameters,
      ...table.sendParameters,
    },
    constraints: [{ atMostOne: ['cert-file', 'issuer'] }, { atMostOne: ['cert-file', 'serial'] }],
    example: 'cmp revoke current-cert gw1 reason keyCompromise',
    load: () => import('./commands/cmp-revoke.ts'),
  }),
  defineCommand({
    words: ['cmp', 'info'],
    changes: 'store',
    summary: 'Ask the CA for its certificates, CRLs, new root or wishes (genm)',
    parameters: {
      ...table.infoParameters,
      ...table.credentialParameters,
      ...table.sendParameters,
    },
    constraints: [...table.credentialConstraints],
    example: 'cmp info caCerts ca-root rootA',
    load: () => import('./commands/cmp-info.ts'),
  }),
  defineCommand({
    words: ['cmp', 'poll'],
    changes: 'world',
    summary: 'Ask now for the answer to an outstanding request',
    parameters: {
      ...table.pollParameters,
      ...table.waitParameters,
      ...table.dumpParameters,
      ...agentSocketParameters,
    },
    constraints: [{ atMostOne: ['dump', 'socket'] }],
    example: 'cmp poll current-cert gw1 wait 5m',
    load: () => import('./commands/cmp-poll.ts'),
  }),
  defineCommand({
    words: ['cmp', 'cert-store'],
    changes: 'store',
    summary: 'Set where PEM files are put, and whether an update keeps the key',
    parameters: table.certStoreParameters,
    example: 'cmp cert-store location /etc/ipsec.d key reuse',
    load: () => import('./commands/cmp-cert-store.ts'),
  }),
  defineCommand({
    words: ['no', 'cmp', 'cert-store'],
    changes: 'store',
    summary: 'Put PEM files in the default place again, and make a new key at an update',
    parameters: {},
    load: () => import('./commands/no-cmp-cert-store.ts'),
  }),
  defineCommand({
    words: ['cmp', 'history'],
    changes: 'store',
    summary: 'Set how many transactions the history keeps',
    parameters: table.historyLimitParameters,
    example: 'cmp history keep 1000',
    load: () => import('./commands/cmp-history.ts'),
  }),
  defineCommand({
    words: ['no', 'cmp', 'history'],
    changes: 'store',
    summary: 'Keep the last 100 transactions in the history again',
    parameters: {},
    load: () => import('./commands/no-cmp-history.ts'),
  }),
  defineCommand({
    words: ['show', 'cmp', 'outstanding-req'],
    changes: 'nothing',
    summary: 'List the requests that wait for an answer',
    parameters: {},
    load: () => import('./commands/show-cmp-outstanding-req.ts'),
  }),
  defineCommand({
    words: ['show', 'cmp', 'statistics'],
    changes: 'nothing',
    summary: 'Show what was counted, by CA',
    parameters: {},
    load: () => import('./commands/show-cmp-statistics.ts'),
  }),
  defineCommand({
    words: ['show', 'cmp', 'history'],
    changes: 'nothing',
    summary: 'List the last transactions, newest first',
    parameters: table.historyParameters,
    load: () => import('./commands/show-cmp-history.ts'),
  }),
  defineCommand({
    words: ['clear', 'cmp', 'cert-name'],
    changes: 'store',
    summary: 'Close the outstanding requests of a name and forget its history',
    parameters: table.clearNameParameters,
    example: 'clear cmp cert-name gw1',
    load: () => import('./commands/clear-cmp-cert-name.ts'),
  }),
  defineCommand({
    words: ['clear', 'cmp', 'statistics'],
    changes: 'store',
    summary: 'Set the counters to zero',
    parameters: {},
    load: () => import('./commands/clear-cmp-statistics.ts'),
  }),
];
