import { isListening } from '../agent/store-user.ts';
import { CertError } from '../base/errors.ts';
import { agentSocket } from './agent-socket.ts';
import type { CommandContext } from './command.ts';

/** Say of a damaged store that its agent is to be stopped before anything is restored, where one runs. */
export async function namingAgent(
  error: CertError,
  place: Pick<CommandContext, 'globals' | 'io'>,
): Promise<CertError> {
  const { code, message, hint } = error;
  if (code !== 'STORE_CORRUPT' || hint === undefined || !hint.includes('store restore')) {
    return error;
  }
  if (!(await isListening(agentSocket(place)))) return error;
  return new CertError(code, message, {
    cause: error.cause ?? error,
    hint: `Stop the agent that runs: certkeeper agent stop; then: ${hint}`,
  });
}
