import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-deploy.ts';

/** Commands about where certificates go, and who is told. */
export const deployCommands: readonly Command[] = [
  defineCommand({
    words: ['cert', 'deploy'],
    changes: 'world',
    summary:
      'Set which files of a certificate go where, and write them; with its name alone, write them again',
    parameters: table.certDeployParameters,
    example:
      'cert deploy cert-name gw1 key /etc/nginx/gw1.key fullchain /etc/nginx/gw1.pem target nginx pid-file /run/nginx.pid probe 127.0.0.1:443',
    load: () => import('./commands/deploy-certificate.ts'),
  }),
  defineCommand({
    words: ['no', 'cert', 'deploy'],
    changes: 'store',
    summary: 'Forget where a certificate goes; files already written stay',
    parameters: table.noCertDeployParameters,
    load: () => import('./commands/deploy-remove.ts'),
  }),
  defineCommand({
    words: ['cert', 'hook'],
    changes: 'store',
    summary: 'Set a program that is run after each delivery of a certificate',
    parameters: table.certHookParameters,
    example: 'cert hook cert-name gw1 timeout 30s -- /usr/local/bin/tell-the-load-balancer --now',
    load: () => import('./commands/hook-set.ts'),
  }),
  defineCommand({
    words: ['no', 'cert', 'hook'],
    changes: 'store',
    summary: 'Run no program after the delivery of a certificate any more',
    parameters: table.noCertHookParameters,
    load: () => import('./commands/hook-remove.ts'),
  }),
  defineCommand({
    words: ['hook', 'test'],
    changes: 'world',
    hasPreview: false,
    summary: 'Run the hook of a certificate now, with the event test',
    parameters: table.hookTestParameters,
    example: 'hook test gw1',
    load: () => import('./commands/hook-test.ts'),
  }),
  defineCommand({
    words: ['cert', 'restore'],
    changes: 'world',
    summary: 'Make an earlier certificate of a name the current one again, and deploy it',
    parameters: table.certRestoreParameters,
    example: 'cert restore gw1 version 3',
    load: () => import('./commands/cert-restore.ts'),
  }),
];
