import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-config.ts';

/** The whole configuration, out and in. */
export const configCommands: readonly Command[] = [
  defineCommand({
    words: ['config', 'apply'],
    changes: 'world',
    summary: 'Make what is stored equal to a configuration file',
    parameters: table.configApplyParameters,
    example: 'config apply certkeeper.yaml dry-run',
    load: () => import('./commands/config-apply.ts'),
  }),
  defineCommand({
    words: ['config', 'show'],
    changes: 'nothing',
    summary: 'Print the whole configuration as YAML, without secrets',
    parameters: table.configShowParameters,
    load: () => import('./commands/config-show.ts'),
  }),
  defineCommand({
    words: ['config', 'schema'],
    changes: 'nothing',
    summary: 'Print the JSON Schema of the configuration file, for editors',
    parameters: {},
    load: () => import('./commands/config-schema.ts'),
  }),
];
