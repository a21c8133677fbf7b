import { defineCommand, type Command } from './command.ts';

/** `shell`. */
export const shellParameters = {
  'keep-going': {
    type: 'flag',
    summary: 'Off a terminal, go on with the next line after a command that failed',
  },
} as const;

/** `completion`. */
export const completionParameters = {
  shell: {
    type: 'choice',
    choices: ['bash', 'zsh', 'fish'],
    required: true,
    positional: true,
    summary: 'Shell to write it for',
  },
} as const;

/** Commands about the command line itself; they are for scripts and logins, and not in the shell. */
export const toolCommands: readonly Command[] = [
  defineCommand({
    words: ['shell'],
    changes: 'nothing',
    summary: 'Take commands line by line, bare and abbreviated, as gateways do',
    parameters: shellParameters,
    example: 'shell --keep-going < gateway.txt',
    load: () => import('./commands/shell.ts'),
  }),
  defineCommand({
    words: ['completion'],
    changes: 'nothing',
    summary: 'Print the script that completes command lines in bash, zsh or fish',
    parameters: completionParameters,
    example: 'completion bash > ~/.local/share/bash-completion/completions/certkeeper',
    load: () => import('./commands/completion.ts'),
  }),
];
