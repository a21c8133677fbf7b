import { bytesEqual } from '../base/bytes.ts';
import type { IkeAssociation, IkeDaemon } from '../deploy/ike-daemon.ts';
import type { LifecycleContext } from './context.ts';
import type { IpsecPlan } from './ipsec-plan.ts';

/** An IKE_SA is set up in a second; a peer that asks responders and fetches CRLs first may take ten. */
const PATIENCE_MS = 20_000;

/** A small part of what it takes as a rule. */
const LOOK_AGAIN_MS = 200;

/** IKE_SAs that are to be replaced by such with the new certificate. */
export type Replaced = Pick<IkeAssociation, 'connection' | 'id'>;

/**
 * Look whether a charon uses a certificate that it was given: key and connections are there, earlier keys are not, and
 * where IKE_SAs were to be authenticated anew others stand in their place.
 *
 * @param replaced those that were
 * @returns what it does instead, without a period; undefined when it uses it
 * @throws {CertError} DELIVERY_FAILED when it does not answer
 */
export async function lookForUse(
  { clock, signal }: Pick<LifecycleContext, 'clock' | 'signal'>,
  daemon: IkeDaemon,
  plan: IpsecPlan,
  replaced: readonly Replaced[],
): Promise<string | undefined> {
  const shown = await daemon.certificates();
  if (!shown.some(({ der, hasPrivateKey }) => hasPrivateKey && bytesEqual(der, plan.certificate)))
    return 'charon has the certificate without its key';
  const keys = await daemon.keys();
  if (plan.formerKeys.some((id) => keys.includes(id)))
    return 'charon still has the key of an earlier version';
  const names = await daemon.connections();
  const missing = plan.connections.find(({ connection }) => !names.includes(connection.name));
  if (missing !== undefined) return `connection "${missing.connection.name}" is not there`;
  const until = clock.now().getTime() + PATIENCE_MS;
  for (;;) {
    const instead = notReplaced(await daemon.associations(), replaced);
    if (instead === undefined || clock.now().getTime() >= until) return instead;
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

function notReplaced(
  standing: readonly IkeAssociation[],
  replaced: readonly Replaced[],
): string | undefined {
  for (const { connection, id } of replaced) {
    const here = standing.filter((each) => each.connection === connection);
    if (here.some((each) => each.id === id))
      return `IKE_SA ${id} of connection "${connection}" still stands, authenticated with the certificate before`;
    const isOld = (each: IkeAssociation): boolean => replaced.some((old) => old.id === each.id);
    const fresh = here.filter((each) => !isOld(each));
    if (fresh.some(({ state }) => state === 'ESTABLISHED')) continue;
    const [other] = fresh;
    return other === undefined
      ? `IKE_SA ${id} of connection "${connection}" has ended, and none has come in its place`
      : `IKE_SA ${other.id} of connection "${connection}" is ${other.state}, in place of IKE_SA ${id}`;
  }
  return undefined;
}
