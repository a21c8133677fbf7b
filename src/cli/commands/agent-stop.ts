import { askAgent } from '../../agent/control-client.ts';
import { CertError } from '../../base/errors.ts';
import { agentSocket } from '../agent-socket.ts';
import type { Body } from '../command.ts';

/** End the agent. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const path = agentSocket(context);
  if ((await askAgent(path, 'stop')) === undefined) {
    throw new CertError('CONFIG_INVALID', `Cannot stop the agent: none listens on "${path}"`, {
      hint: 'See "certkeeper agent status"',
    });
  }
  context.print.done({ stopping: true }, 'The agent ends what it is doing, and then itself');
  return 0;
};
