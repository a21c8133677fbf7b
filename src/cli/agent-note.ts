import { agentOf } from '../agent/agent-lease.ts';
import type { Services } from '../agent/compose.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';

/** Whether what was just left to the agent will be done. */
export interface AgentNote {
  readonly agentRuns: boolean;
  /** What to add to a sentence; empty while an agent runs. */
  readonly text: string;
}

/** Look whether an agent runs, for commands that leave something to it. */
export async function agentNote(
  services: Services,
  { globals }: Pick<CommandContext, 'globals'>,
): Promise<AgentNote> {
  if ((await agentOf(services)) !== undefined) return { agentRuns: true, text: '' };
  return {
    agentRuns: false,
    text: `; no agent runs now: ${commandLine(['agent', 'run'], globals)}`,
  };
}
