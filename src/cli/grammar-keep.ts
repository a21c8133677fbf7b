import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-keep.ts';

/** Commands about what becomes of a certificate that is here. */
export const keepCommands: readonly Command[] = [
  defineCommand({
    words: ['cert', 'key'],
    changes: 'store',
    summary: 'Set whether the updates of one certificate keep its key or make a new one',
    parameters: table.certKeyParameters,
    example: 'cert key gw1 reuse',
    load: () => import('./commands/cert-key.ts'),
  }),
  defineCommand({
    words: ['no', 'cert', 'key'],
    changes: 'store',
    summary: 'Let the updates of a certificate do about its key what is set for all',
    parameters: table.noCertKeyParameters,
    load: () => import('./commands/no-cert-key.ts'),
  }),
  defineCommand({
    words: ['cert', 'move'],
    changes: 'store',
    summary: 'Have the next renewal of a certificate ask another CA',
    parameters: table.certMoveParameters,
    example: 'cert move gw1 ca-root newCA',
    load: () => import('./commands/cert-move.ts'),
  }),
  defineCommand({
    words: ['no', 'cert', 'move'],
    changes: 'store',
    summary: 'Have a certificate renewed by the CA it came from again',
    parameters: table.noCertMoveParameters,
    load: () => import('./commands/no-cert-move.ts'),
  }),
  defineCommand({
    words: ['cert', 'remove'],
    changes: 'world',
    summary:
      'Forget a certificate with its versions, keys, deployments and hook, or a CA certificate',
    parameters: table.certRemoveParameters,
    example: 'cert remove gw1',
    load: () => import('./commands/cert-remove.ts'),
  }),
];
