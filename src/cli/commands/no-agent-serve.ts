import { serveNoMore } from '../../lifecycle/served-names.ts';
import type { Body } from '../command.ts';
import type { noAgentServeParameters } from '../parameters-agent.ts';

/** Let nodes fetch a certificate no more. What they have, they have. */
export const run: Body<typeof noAgentServeParameters> = async ({ name, to }, context) => {
  const { store } = await context.services();
  const nodes = await serveNoMore(store, name, to);
  context.print.done(
    { name, nodes },
    nodes.length === 0
      ? `"${name}" is served to nobody any more; what was fetched stays where it is`
      : `"${name}" is still served to ${nodes.join('; ')}`,
  );
  return 0;
};
