import type { IkeAssociation, IkeDaemon } from '../deploy/ike-daemon.ts';
import { isStanding, replaceAssociations } from '../deploy/ike-replacement.ts';
import type { LifecycleContext } from './context.ts';
import type { IpsecPlan, PlannedConnection } from './ipsec-plan.ts';
import { lookForSuccessors } from './ipsec-use.ts';

/** What is needed for that. */
export type RenewalContext = Pick<LifecycleContext, 'clock' | 'signal' | 'ike'>;

/** An IKE_SA is set up in 50 ms; a peer that asks responders and fetches CRLs first may take ten seconds. */
const PATIENCE_MS = 15_000;

/** For all peers: whoever renews many has the others wait, and those that are away are tried again anyway. */
const TOGETHER_MS = 60_000;

/**
 * Have the IKE_SAs of our connections stand with the certificate that was loaded: of those that ask for it each time, and
 * of those that charon would authenticate anew by itself. It does so with what an IKE_SA was set up with, hence with the
 * certificate before, whose key is to go. Where all have this certificate already, and none is on its way, those that ask
 * for it show it once more.
 *
 * @returns what stands instead, without a period; undefined when they do
 * @throws {CertError} DELIVERY_FAILED
 */
export async function renewAssociations(
  context: RenewalContext,
  daemon: IkeDaemon,
  { connections, formerKeys }: Pick<IpsecPlan, 'connections' | 'formerKeys'>,
): Promise<string | undefined> {
  const { clock, signal, ike } = context;
  const keys = await daemon.keys();
  const standing = (await daemon.associations()).filter(isStanding);
  const until = clock.now().getTime() + TOGETHER_MS;
  let isUnderWay = formerKeys.some((id) => keys.includes(id));
  const kept: string[] = [];
  const current: PlannedConnection[] = [];
  for (const each of connections) {
    const { name } = each.connection;
    if (!isToBeRenewed(each, ofConnection(standing, name))) continue;
    const leftMs = until - clock.now().getTime();
    if (leftMs <= 0) {
      kept.push(`connection "${name}" was not tried, as others took too long`);
      continue;
    }
    const patienceMs = Math.min(ike?.patienceMs ?? PATIENCE_MS, leftMs);
    const outcome = await replaceAssociations(daemon, each.connection, { signal, patienceMs });
    if (outcome.type === 'kept')
      kept.push(`connection "${name}" goes on with the certificate before: ${outcome.why}`);
    if (outcome.type === 'current') current.push(each);
    if (outcome.type === 'replaced') isUnderWay = true;
  }
  if (kept.length > 0) return listed(kept);
  if (isUnderWay) return undefined;
  const again = current.filter(({ reauthenticates }) => reauthenticates);
  return await showAgain(context, daemon, again, standing);
}

async function showAgain(
  context: RenewalContext,
  daemon: IkeDaemon,
  connections: readonly PlannedConnection[],
  standing: readonly IkeAssociation[],
): Promise<string | undefined> {
  const former: IkeAssociation[] = [];
  for (const { connection } of connections) {
    const its = ofConnection(standing, connection.name);
    await reauthenticate(daemon, connection.name, its);
    former.push(...its);
  }
  return await lookForSuccessors(context, daemon, former);
}

function ofConnection(
  associations: readonly IkeAssociation[],
  name: string,
): readonly IkeAssociation[] {
  return associations.filter(({ connection }) => connection === name);
}

/** More of them would only hide the first ones. */
const MAX_LISTED = 5;

function listed(reasons: readonly string[]): string {
  const more = reasons.length - MAX_LISTED;
  return reasons.slice(0, MAX_LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '');
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
      (each) => isStanding(each) && each.children.length > 0,
    );
    if (standing.length === 0) continue;
    await daemon.reauthenticate(name);
    former.push(...standing);
  }
  return await lookForSuccessors(context, daemon, former);
}
