import { bytesEqual } from '../base/bytes.ts';
import type { IkeAssociation, IkeDaemon } from '../deploy/ike-daemon.ts';
import type { LifecycleContext } from './context.ts';
import type { IpsecPlan } from './ipsec-plan.ts';

/**
 * Look whether a charon has what it was given: the certificate with its key, and the connections.
 *
 * @returns what is missing, without a period; undefined when all is there
 * @throws {CertError} DELIVERY_FAILED when it does not answer
 */
export async function lookForLoaded(
  daemon: IkeDaemon,
  { certificate, connections }: Pick<IpsecPlan, 'certificate' | 'connections'>,
): Promise<string | undefined> {
  const shown = await daemon.certificates();
  if (!shown.some(({ der, hasPrivateKey }) => hasPrivateKey && bytesEqual(der, certificate)))
    return 'charon has the certificate without its key';
  const names = await daemon.connections();
  const missing = connections.find(({ connection }) => !names.includes(connection.name));
  return missing && `connection "${missing.connection.name}" is not there`;
}

/** IKE_SAs that are to be followed by such with the new certificate. */
export type Former = Pick<IkeAssociation, 'connection' | 'id'>;

/** An IKE_SA is set up in 50 ms; a peer that asks responders and fetches CRLs first may take ten seconds. */
const PATIENCE_MS = 15_000;

/** A small part of what it takes as a rule. */
const LOOK_AGAIN_MS = 100;

/**
 * Wait until others stand in the place of IKE_SAs.
 *
 * @returns what stands instead, without a period; undefined when they do
 * @throws {CertError} DELIVERY_FAILED when charon does not answer
 */
export async function lookForSuccessors(
  { clock, signal }: Pick<LifecycleContext, 'clock' | 'signal'>,
  daemon: IkeDaemon,
  former: readonly Former[],
): Promise<string | undefined> {
  if (former.length === 0) return undefined;
  const until = clock.now().getTime() + PATIENCE_MS;
  for (;;) {
    const instead = withoutSuccessor(await daemon.associations(), former);
    if (instead === undefined || clock.now().getTime() >= until) return instead;
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

function withoutSuccessor(
  standing: readonly IkeAssociation[],
  former: readonly Former[],
): string | undefined {
  for (const { connection, id } of former) {
    const here = standing.filter((each) => each.connection === connection);
    const what = `IKE_SA ${id} of connection "${connection}"`;
    if (here.some((each) => each.id === id)) return `${what} stands as it stood`;
    const others = here.filter((each) => former.every((old) => old.id !== each.id));
    if (others.some(({ state }) => state === 'ESTABLISHED')) continue;
    const [other] = others;
    return other === undefined
      ? `${what} has ended, and none stands in its place`
      : `${what} has ended, and IKE_SA ${other.id} in its place is ${other.state}`;
  }
  return undefined;
}
