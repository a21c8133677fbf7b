import { defineCommand, type Command } from './command.ts';
import { agentSocketParameters } from './parameters-agent-socket.ts';
import * as table from './parameters-operations.ts';

/** Commands for whoever keeps the agent running. */
export const operationsCommands: readonly Command[] = [
  defineCommand({
    words: ['agent', 'reload'],
    changes: 'world',
    hasPreview: false,
    summary: 'Have the agent look at everything again, by the settings as they are now',
    parameters: agentSocketParameters,
    load: () => import('./commands/agent-reload.ts'),
  }),
  defineCommand({
    words: ['doctor'],
    changes: 'nothing',
    summary: 'Look for what keeps certificates from being renewed, and say what to do about it',
    parameters: {},
    load: () => import('./commands/doctor.ts'),
  }),
  defineCommand({
    words: ['support', 'bundle'],
    changes: 'nothing',
    summary: 'Write what a maintainer needs to one file: no keys and no secrets',
    parameters: table.supportBundleParameters,
    example: 'support bundle certkeeper.json',
    load: () => import('./commands/support-bundle.ts'),
  }),
];
