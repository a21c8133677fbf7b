import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-staple.ts';

/** Commands about OCSP responses that TLS servers staple. */
export const stapleCommands: readonly Command[] = [
  defineCommand({
    words: ['staple', 'add'],
    changes: 'world',
    summary: 'Have a TLS server staple a fresh OCSP response to a certificate',
    parameters: table.stapleAddParameters,
    example:
      'staple add gw1 target nginx file /etc/nginx/gw1.ocsp pid-file /run/nginx.pid probe 127.0.0.1:443',
    load: () => import('./commands/staple-add.ts'),
  }),
  defineCommand({
    words: ['staple', 'refresh'],
    changes: 'world',
    summary: 'Ask for the OCSP response of a certificate now, and tell its endpoints',
    parameters: table.stapleRefreshParameters,
    example: 'staple refresh gw1',
    load: () => import('./commands/staple-refresh.ts'),
  }),
  defineCommand({
    words: ['staple', 'remove'],
    changes: 'world',
    summary: 'Withdraw the OCSP response at an endpoint, and forget the endpoint',
    parameters: table.stapleRemoveParameters,
    example: 'staple remove gw1 to nginx',
    load: () => import('./commands/staple-remove.ts'),
  }),
  defineCommand({
    words: ['staple', 'responder', 'listen'],
    changes: 'store',
    summary: 'Have the agent answer OCSP requests of servers, from what it keeps',
    parameters: table.responderListenParameters,
    example: 'staple responder listen 127.0.0.1:8889 for-ca rootB ocsp-object hq',
    load: () => import('./commands/staple-responder-listen.ts'),
  }),
  defineCommand({
    words: ['no', 'staple', 'responder'],
    changes: 'store',
    summary: 'Have the agent answer OCSP requests no more',
    parameters: {},
    load: () => import('./commands/no-staple-responder.ts'),
  }),
  defineCommand({
    words: ['show', 'ocsp', 'responder'],
    changes: 'nothing',
    summary: 'Show how the agent answers OCSP requests of servers',
    parameters: {},
    load: () => import('./commands/show-ocsp-responder.ts'),
  }),
  defineCommand({
    words: ['show', 'staple'],
    changes: 'nothing',
    summary: 'Show OCSP responses of our own certificates, and what endpoints serve',
    parameters: table.showStapleParameters,
    load: () => import('./commands/show-staple.ts'),
  }),
];
