import { isLabel } from '../../base/label.ts';
import { serveTo } from '../../lifecycle/served-names.ts';
import type { Body } from '../command.ts';
import type { agentServeParameters } from '../parameters-agent.ts';

/** Let the agents of other nodes fetch a certificate with its key. */
export const run: Body<typeof agentServeParameters> = async ({ name, to }, context) => {
  const { store } = await context.services();
  const nodes = await serveTo(store, name, to);
  for (const node of to) {
    // It may be imported later; but whoever forgot "dns:" waits for a node that is never let in.
    if (!isLabel(node) || (await store.certificates.latest(node)) !== undefined) continue;
    context.log.warn(`no certificate "${node}" is stored; did you mean dns:${node}?`);
  }
  context.print.done(
    { name, nodes },
    `"${name}" is served, with its key, to ${nodes.join('; ')} by an agent that is run with serve PORT`,
  );
  return 0;
};
