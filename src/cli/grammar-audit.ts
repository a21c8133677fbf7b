import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-audit.ts';

/** Commands about what was done, and how much of the past is kept. */
export const auditCommands: readonly Command[] = [
  defineCommand({
    words: ['show', 'audit'],
    changes: 'nothing',
    summary: 'List who changed what, newest first',
    parameters: table.showAuditParameters,
    example: 'show audit last 20 cert-name gw1',
    load: () => import('./commands/show-audit.ts'),
  }),
  defineCommand({
    words: ['retention'],
    changes: 'store',
    summary: 'Set how much of the past is kept; the oldest beyond it go with the next write',
    parameters: table.retentionParameters,
    constraints: [
      {
        atLeastOne: [
          'versions',
          'history',
          'hook-runs',
          'audit',
          'orphan-keys',
          'dumps',
          'backups',
        ],
      },
    ],
    example: 'retention versions 5 audit 50000',
    load: () => import('./commands/retention.ts'),
  }),
  defineCommand({
    words: ['no', 'retention'],
    changes: 'store',
    summary: 'Keep as much of the past as usual again; with words, only of these',
    parameters: table.noRetentionParameters,
    load: () => import('./commands/retention-none.ts'),
  }),
  defineCommand({
    words: ['show', 'retention'],
    changes: 'nothing',
    summary: 'Show how much of the past is kept',
    parameters: {},
    load: () => import('./commands/retention-show.ts'),
  }),
];
