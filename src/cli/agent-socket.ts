import { join } from 'node:path';
import { stateDirectory } from '../agent/state-directory.ts';
import type { CommandContext } from './command.ts';

/** The socket of the agent of the state directory that a command works on. */
export function agentSocket({ globals, io }: Pick<CommandContext, 'globals' | 'io'>): string {
  const { state } = globals;
  return join(
    stateDirectory({ env: io.env, ...(state !== undefined && { option: state }) }),
    'agent.sock',
  );
}
