import type { Services } from '../agent/compose.ts';
import type { Serving } from '../agent/keep-serving.ts';
import type { ServingPlace } from '../agent/name-server.ts';
import { CertError } from '../base/errors.ts';
import { findProfile } from '../lifecycle/authority.ts';
import { servedNames } from '../lifecycle/served-names.ts';
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

/**
 * Look whether what is to be shown, and believed, is there at all: the names may be mistyped. A certificate that is asked
 * for only is enough: it may come later.
 *
 * @throws {CertError} CERT_UNKNOWN, CA_UNKNOWN
 */
export async function assertServable(
  { store, log }: Pick<Services, 'store' | 'log'>,
  place: ServingPlace | undefined,
): Promise<void> {
  if (place === undefined) {
    const [first] = await servedNames(store);
    if (first === undefined) return;
    log.warn(
      `"${first.name}" is to be served to other agents, and is not: start it with serve PORT serve-cert NAME serve-ca-root L`,
    );
    return;
  }
  const { certificate, ca } = place;
  await findProfile(store, ca);
  if ((await store.certificates.latest(certificate)) !== undefined) return;
  if ((await store.transactions.overview(certificate)).length > 0) return;
  throw new CertError(
    'CERT_UNKNOWN',
    `Cannot serve other agents with "${certificate}": there is no such certificate`,
    { hint: 'See "certkeeper show cert"' },
  );
}

/**
 * Begin to serve them; it is loaded only by agents that do.
 *
 * @throws {CertError} CONFIG_INVALID when the port cannot be had
 */
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
