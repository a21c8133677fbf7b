import type { IkeAssociation, IkeDaemon } from '../deploy/ike-daemon.ts';
import { replaceAssociations } from '../deploy/ike-replacement.ts';
import type { LifecycleContext } from './context.ts';
import type { IpsecPlan, PlannedConnection } from './ipsec-plan.ts';
import { lookForSuccessors } from './ipsec-use.ts';

/** What is needed for that. */
export type RenewalContext = Pick<LifecycleContext, 'clock' | 'signal' | 'ike'>;

/**
 * Have the IKE_SAs of our connections stand with the certificate that was loaded: of those that ask for it each time, and
 * of those that charon would authenticate anew by itself. It does so with what an IKE_SA was set up with, hence with the
 * certificate before, whose key is to go.
 *
 * @returns what stands instead, without a period; undefined when they do
 * @throws {CertError} DELIVERY_FAILED
 */
export async function renewAssociations(
  context: RenewalContext,
  daemon: IkeDaemon,
  plan: Pick<IpsecPlan, 'connections'>,
): Promise<string | undefined> {
  const all = (await daemon.associations()).filter(isEstablished);
  const kept: string[] = [];
  const again: IkeAssociation[] = [];
  for (const each of plan.connections) {
    const { name } = each.connection;
    const standing = all.filter(({ connection }) => connection === name);
    if (!isToBeRenewed(each, standing)) continue;
    const { signal, ike } = context;
    const patience = ike?.patienceMs === undefined ? {} : { patienceMs: ike.patienceMs };
    const outcome = await replaceAssociations(daemon, each.connection, { signal, ...patience });
    if (outcome.type === 'kept')
      kept.push(`connection "${name}" goes on with the certificate before: ${outcome.why}`);
    // It has this certificate already, and is to show it once more.
    if (outcome.type !== 'current' || !each.reauthenticates) continue;
    await reauthenticate(daemon, name, standing);
    again.push(...standing);
  }
  return kept.length > 0 ? kept.join('; ') : await lookForSuccessors(context, daemon, again);
}

function isToBeRenewed(
  { connection, reauthenticates }: PlannedConnection,
  standing: readonly IkeAssociation[],
): boolean {
  // Who has no address calls us, and is shown the new certificate then.
  if (standing.length === 0 || connection.remoteAddresses.length === 0) return false;
  return reauthenticates || standing.some(({ reauthIn }) => reauthIn !== undefined);
}

async function reauthenticate(
  daemon: IkeDaemon,
  name: string,
  standing: readonly IkeAssociation[],
): Promise<void> {
  if (standing.some(({ children }) => children.length > 0)) {
    await daemon.reauthenticate(name);
    return;
  }
  // Charon does not authenticate one anew that has no traffic; and there is none to be lost.
  await daemon.terminate({ connection: name });
  await daemon.initiate(name);
}

/**
 * Have IKE_SAs of connections that others have made authenticated anew. Those pin no certificate, and charon takes the
 * one whose key it has.
 *
 * @returns what stands instead, without a period; undefined when others stand in their place
 * @throws {CertError} DELIVERY_FAILED
 */
export async function renewOthers(
  context: RenewalContext,
  daemon: IkeDaemon,
  names: readonly string[],
): Promise<string | undefined> {
  const former: IkeAssociation[] = [];
  for (const name of names) {
    // Of one without traffic charon would only make an end.
    const standing = (await daemon.associations(name)).filter(
      (each) => isEstablished(each) && each.children.length > 0,
    );
    if (standing.length === 0) continue;
    await daemon.reauthenticate(name);
    former.push(...standing);
  }
  return await lookForSuccessors(context, daemon, former);
}

function isEstablished({ state }: IkeAssociation): boolean {
  return state === 'ESTABLISHED';
}
