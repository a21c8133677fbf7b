import { parseResponderPlace } from '../../lifecycle/responder-place.ts';
import { setResponder } from '../../lifecycle/set-responder.ts';
import { agentNote } from '../agent-note.ts';
import type { Body } from '../command.ts';
import type { responderListenParameters } from '../parameters-staple.ts';

/** Have the agent answer the OCSP requests of servers. */
export const run: Body<typeof responderListenParameters> = async (args, context) => {
  const { place, open: isOpen, forCa, ocspObject: object, nonces } = args;
  const setting = {
    ...parseResponderPlace(place, isOpen),
    forCa,
    ...(object !== undefined && { object }),
    passesNonces: nonces === 'pass',
  };
  const services = await context.services();
  await setResponder(services, setting);
  const { agentRuns, text } = await agentNote(services, context);
  context.print.done(
    { ...setting, agentRuns },
    `The agent answers OCSP requests at http://${place}/${text}`,
  );
  return 0;
};
