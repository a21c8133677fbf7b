import type { Deployment } from '../store/deployments-contract.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';

/** Tell whether a deployment is that to a charon. @param socket of its VICI */
export function isTo(socket: string) {
  return ({ target }: Pick<Deployment, 'target'>): boolean =>
    target?.type === 'strongswan' && target.socket === socket;
}

/** List the sockets of charons that something is deployed to. */
export function socketsOf(deployments: readonly Pick<Deployment, 'target'>[]): readonly string[] {
  return deployments.flatMap(({ target }) =>
    target?.type === 'strongswan' ? [target.socket] : [],
  );
}

/** Have what is deployed for a peer done again. */
export async function restartFor(
  { deployments }: Pick<Store, 'deployments'>,
  { certificate, socket }: Pick<IpsecPeer, 'certificate' | 'socket'>,
): Promise<void> {
  for (const each of (await deployments.list(certificate)).filter(isTo(socket)))
    await deployments.restart(certificate, each.label);
}
