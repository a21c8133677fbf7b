import type { Services } from '../agent/compose.ts';
import type { Serving } from '../agent/keep-serving.ts';
import type { ServingPlace } from '../agent/name-server.ts';
import { CertError } from '../base/errors.ts';
import type { ArgsOf } from './parameter.ts';
import type { agentRunParameters } from './parameters-agent.ts';

/**
 * Read where other agents are served, if they are.
 *
 * @throws {CertError} USAGE_INVALID for half of it
 */
export function servingPlace({
  serve: port,
  serveAddress: address,
  serveCert: certificate,
  serveCaRoot: ca,
}: ArgsOf<typeof agentRunParameters>): ServingPlace | undefined {
  if (port === undefined && (address ?? certificate ?? ca) === undefined) return undefined;
  if (port === undefined || certificate === undefined || ca === undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot serve other agents: not all of it is said', {
      hint: 'Give a port, the certificate of this node and the CA of the others: serve PORT serve-cert NAME serve-ca-root L',
    });
  }
  return { port, certificate, ca, ...(address !== undefined && { address }) };
}

/** Begin to serve them; it is loaded only by agents that do. */
export async function startServing(
  services: Services,
  place: ServingPlace | undefined,
): Promise<Serving | undefined> {
  if (place === undefined) return undefined;
  const [{ keepServing }, { agentActor }] = await Promise.all([
    import('../agent/keep-serving.ts'),
    import('../agent/actor.ts'),
  ]);
  return await keepServing({ ...services, actor: agentActor(services.holder) }, place);
}
