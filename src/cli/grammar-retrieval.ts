import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-retrieval.ts';

/** Commands about the servers that files are fetched from. */
export const retrievalCommands: readonly Command[] = [
  defineCommand({
    words: ['retrieval', 'server'],
    changes: 'store',
    summary: 'Set who we are at a server that files are fetched from, and whom to believe there',
    parameters: table.retrievalServerParameters,
    constraints: [
      { atMostOne: ['password', 'key-file'] },
      { atMostOne: ['host-key', 'known-hosts'] },
    ],
    example:
      'retrieval server sftp://files.example user gw1 password file:/etc/gw1.pass known-hosts /etc/ssh/ssh_known_hosts',
    load: () => import('./commands/retrieval-server.ts'),
  }),
  defineCommand({
    words: ['no', 'retrieval', 'server'],
    changes: 'store',
    summary: 'Forget what was set for a server that files are fetched from',
    parameters: table.noRetrievalServerParameters,
    load: () => import('./commands/no-retrieval-server.ts'),
  }),
  defineCommand({
    words: ['show', 'retrieval'],
    changes: 'nothing',
    summary: 'List the servers that files are fetched from, as they are set up',
    parameters: {},
    load: () => import('./commands/show-retrieval.ts'),
  }),
];
