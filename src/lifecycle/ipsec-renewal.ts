import type { IkeAssociation, IkeDaemon, IkeKeyId } from '../deploy/ike-daemon.ts';
import { replaceAssociations } from '../deploy/ike-replacement.ts';
import type { LifecycleContext } from './context.ts';
import type { IpsecPlan, PlannedConnection } from './ipsec-plan.ts';
import { lookForSuccessors, type Former } from './ipsec-use.ts';

/** What stood in a charon before anything was loaded. */
export interface Before {
  readonly keys: readonly IkeKeyId[];
  readonly associations: readonly IkeAssociation[];
}

/** Look what stands. @throws {CertError} DELIVERY_FAILED */
export async function lookBefore(daemon: IkeDaemon): Promise<Before> {
  return { keys: await daemon.keys(), associations: await daemon.associations() };
}

/** What is needed for that. */
export type RenewalContext = Pick<LifecycleContext, 'clock' | 'signal' | 'ike'>;

/**
 * Have the IKE_SAs of our connections stand with the certificate that was loaded: of those that ask for it each time; of
 * others, when it is another certificate and charon would authenticate them anew by itself. It would do so with the
 * certificate before, whose key is to go.
 *
 * @returns what stands instead, without a period; undefined when they do
 * @throws {CertError} DELIVERY_FAILED
 */
export async function renewAssociations(
  context: RenewalContext,
  daemon: IkeDaemon,
  plan: IpsecPlan,
  before: Before,
): Promise<string | undefined> {
  const isNews = isAnotherCertificate(plan, before);
  const former: Former[] = [];
  const kept: string[] = [];
  for (const each of plan.connections) {
    const standing = before.associations.filter(
      ({ connection, state }) => connection === each.connection.name && state === 'ESTABLISHED',
    );
    const isAsked =
      each.reauthenticates || (isNews && standing.some(({ reauthIn }) => reauthIn !== undefined));
    // Who has no address calls us, and finds the new certificate then.
    if (standing.length === 0 || !isAsked || each.connection.remoteAddresses.length === 0) continue;
    const why = await renew(context, daemon, each, isNews);
    if (why === undefined) former.push(...standing);
    else kept.push(`connection "${each.connection.name}" goes on as it stood: ${why}`);
  }
  return kept.length > 0 ? kept.join('; ') : await lookForSuccessors(context, daemon, former);
}

/** Tell whether charon has worked with another certificate until now; what was interrupted is begun again. */
function isAnotherCertificate(plan: IpsecPlan, { keys }: Before): boolean {
  const hadOther = plan.formerKeys.some((id) => keys.includes(id));
  return hadOther || plan.isKeyReused || !keys.includes(plan.key.id);
}

async function renew(
  { signal, ike }: RenewalContext,
  daemon: IkeDaemon,
  { connection }: PlannedConnection,
  isNews: boolean,
): Promise<string | undefined> {
  const { name, children } = connection;
  if (children.length === 0) {
    // Charon does not authenticate one anew that has no traffic, and there is none to be lost.
    await daemon.terminate({ connection: name });
    await daemon.initiate(name);
    return undefined;
  }
  if (isNews) {
    const patience = ike?.patienceMs === undefined ? {} : { patienceMs: ike.patienceMs };
    const outcome = await replaceAssociations(daemon, connection, { signal, ...patience });
    if (outcome.type === 'kept') return outcome.why;
    if (outcome.type !== 'current') return undefined;
  }
  await daemon.reauthenticate(name);
  return undefined;
}

/** Have IKE_SAs of connections that others have made authenticated anew; those pin no certificate. */
export async function renewOthers(
  context: RenewalContext,
  daemon: IkeDaemon,
  names: readonly string[],
): Promise<string | undefined> {
  const former: Former[] = [];
  for (const name of names) {
    const standing = (await daemon.associations(name)).filter(
      ({ state, children }) => state === 'ESTABLISHED' && children.length > 0,
    );
    if (standing.length === 0) continue;
    await daemon.reauthenticate(name);
    former.push(...standing);
  }
  return await lookForSuccessors(context, daemon, former);
}
