import { askAgent } from '../../agent/control-client.ts';
import { CertError } from '../../base/errors.ts';
import { readReloaded, reloadedText } from '../agent-reloaded.ts';
import { agentSocket } from '../agent-socket.ts';
import { tellOnlyBy } from '../agent-tell.ts';
import type { Body } from '../command.ts';
import type { agentSocketParameters } from '../parameters-agent-socket.ts';

/** Have the agent look at everything again, by the settings as they are now. */
export const run: Body<typeof agentSocketParameters> = async ({ socket }, context) => {
  if (socket !== undefined) return await tellOnlyBy(socket, { command: 'reload' }, context);
  const path = agentSocket(context);
  const answer = await askAgent(path, 'reload');
  if (answer === undefined) {
    throw new CertError('CONFIG_INVALID', `Cannot reload the agent: none listens on "${path}"`, {
      hint: 'See "certkeeper agent status"',
    });
  }
  const reloaded = readReloaded(answer);
  context.print.done(reloaded, reloadedText(reloaded));
  return 0;
};
