import { assertResponderPlace } from '../../agent/ocsp-responder.ts';
import { CertError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import { setResponder } from '../../lifecycle/set-responder.ts';
import { agentNote } from '../agent-note.ts';
import type { Body } from '../command.ts';
import type { responderListenParameters } from '../parameters-staple.ts';

/** Have the agent answer the OCSP requests of servers. */
export const run: Body<typeof responderListenParameters> = async (args, context) => {
  const { place, open: isOpen, forCa, ocspObject: object, nonces } = args;
  const { address, port } = placeIn(place);
  const passesNonces = nonces === 'pass';
  const setting = {
    address,
    port,
    isOpen,
    forCa,
    ...(object !== undefined && { object }),
    passesNonces,
  };
  assertResponderPlace(setting);
  const services = await context.services();
  await setResponder(services, setting);
  const { agentRuns, text } = await agentNote(services, context);
  context.print.done(
    { ...setting, agentRuns },
    `The agent answers OCSP requests at http://${place}/${text}`,
  );
  return 0;
};

/** @throws {CertError} USAGE_INVALID */
function placeIn(place: string): { readonly address: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(place) ?? [];
  const port = Number(digits);
  const address = bracketed ?? plain;
  if (address !== undefined && port >= 1 && port <= 65_535) return { address, port };
  throw new CertError('USAGE_INVALID', `Cannot listen on ${quoted(place)}: no address and port`, {
    hint: 'Give ADDRESS:PORT, as in 127.0.0.1:8889 or [::1]:8889',
  });
}
