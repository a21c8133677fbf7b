import { defineCommand, type Command } from '../command.ts';

/** Where configuration pasted from a gateway says it is: nothing but the prompt depends on it. */
export interface Modes {
  /** `config`, then `ctx NAME`: what `configure` and `context` began and `exit` has not ended. */
  readonly open: string[];
  /** `exit` was typed outside of all of them. */
  isOver: boolean;
}

/** Make the commands that there are only in the shell. */
export function modeCommands(modes: Modes): readonly Command[] {
  const begin = (word: string): Command =>
    defineCommand({
      words: [word],
      changes: 'nothing',
      summary: 'Begin configuration; changes the prompt and nothing else',
      parameters: {
        terminal: { type: 'flag', summary: 'As gateways call it; changes nothing' },
      },
      load: async () => ({
        run: async () => {
          modes.open.splice(0, modes.open.length, 'config');
          return 0;
        },
      }),
    });
  return [
    begin('configure'),
    // Short for it on gateways, and here the first word of others.
    begin('config'),
    defineCommand({
      words: ['context'],
      changes: 'nothing',
      summary: 'Begin a context; changes the prompt and nothing else',
      parameters: {
        name: {
          type: 'text',
          required: true,
          positional: true,
          placeholder: 'NAME',
          summary: 'What the gateway calls the context',
        },
      },
      load: async () => ({
        run: async ({ name }) => {
          modes.open.push(`ctx ${name}`);
          return 0;
        },
      }),
    }),
    defineCommand({
      words: ['end'],
      changes: 'nothing',
      summary: 'Leave configuration; changes the prompt and nothing else',
      parameters: {},
      load: async () => ({
        run: async () => {
          modes.open.length = 0;
          return 0;
        },
      }),
    }),
    defineCommand({
      words: ['exit'],
      changes: 'nothing',
      summary: 'Leave the context or configuration; outside of them, the shell',
      parameters: {},
      load: async () => ({
        run: async () => {
          modes.isOver = modes.open.pop() === undefined;
          return 0;
        },
      }),
    }),
    defineCommand({
      words: ['help'],
      changes: 'nothing',
      summary: 'Explain a command, or a group of commands',
      parameters: {},
      // The parser answers before it comes to this.
      load: async () => ({ run: async () => 0 }),
    }),
    defineCommand({
      words: ['version'],
      changes: 'nothing',
      summary: 'Print the version of certkeeper',
      parameters: {},
      load: () => import('../commands/version.ts'),
    }),
  ];
}
