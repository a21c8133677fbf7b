import { CertError } from '../base/errors.ts';
import type { IkeDaemon } from '../deploy/ike-daemon.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import { alone } from './alone.ts';
import { restartFor } from './charon-deployments.ts';
import type { LifecycleContext } from './context.ts';
import { deployPending, type DeployResult } from './deploy-settings.ts';
import { forgetFormer, rememberFormer } from './ipsec-former-words.ts';
import { forgetLeftovers } from './ipsec-leftovers.ts';
import { responderUrlFor } from './ipsec-authorities.ts';
import { crlUriAdvice, largeCrlAdvice, largeCrls } from './ipsec-large-crls.ts';
import { peerAdvice } from './ipsec-peer-advice.ts';
import { checkIpsecPeer } from './ipsec-peer-checks.ts';
import { realIkePorts, withDaemon } from './ipsec-ports.ts';
import { reauthAdvice } from './ipsec-reauth-advice.ts';
import { oneJudgingChange } from './one-judging-change.ts';

/**
 * Set up an IPsec peer in place of one of that name, and deploy its certificate with it: an operator who sets this wants to
 * know now whether charon takes it.
 *
 * @param isLater only store it; what stands by other words goes on with them until it is deployed
 * @throws {CertError} what `checkIpsecPeer` throws, with nothing stored; DELIVERY_FAILED, when it stays and is tried again; IN_PROGRESS
 */
export async function putIpsecPeer(
  context: LifecycleContext,
  peer: IpsecPeer,
  isLater: boolean,
): Promise<DeployResult> {
  return aloneWithFormer(context, peer, async (held) => {
    const { store, log } = held;
    const former = await store.ipsecPeers.get(peer.name);
    // What stands by the old words would go on with them until it ends by itself.
    if (former && isOther(former, peer)) {
      // Before anything is ended.
      await checkIpsecPeer(held, peer);
      // Nothing is deployed any more where it was.
      const isElsewhere = former.socket !== peer.socket || former.certificate !== peer.certificate;
      if (isLater && !isElsewhere) await rememberFormer(store, peer.name);
      else await endIfThere(held, former);
    }
    await oneJudgingChange(held, async () => {
      const trust = await checkIpsecPeer(held, peer);
      const advices = [
        ...peerAdvice(peer, trust),
        ...(await reauthAdvice(store, peer, trust)),
        ...crlUriAdvice(peer.crlUris, trust),
        // A deployment says this itself.
        ...(isLater
          ? largeCrlAdvice(await largeCrls(store, trust), await responderUrlFor(store, []))
          : []),
      ];
      for (const advice of advices) log.warn(advice);
      await store.ipsecPeers.put(peer);
    });
    if (isLater) return { type: 'stored' };
    return deployPending(held, peer.certificate).catch((error: unknown) => {
      throw ofStoredPeer(error, peer.certificate);
    });
  });
}

/** What a deployment that failed says of files is nothing to somebody who has set up a peer. */
function ofStoredPeer(error: unknown, certificate: string): unknown {
  if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') return error;
  const { message, cause } = error;
  const hint = cause instanceof CertError && cause.hint !== undefined ? `${cause.hint}. ` : '';
  return new CertError('DELIVERY_FAILED', message, {
    cause,
    hint: `${hint}The peer is stored; an agent that runs loads it as soon as it can, and so does "certkeeper cert deploy cert-name ${certificate}"`,
  });
}

/** Whoever deploys the certificate that the peer had may be about to load it by the words of before. */
async function aloneWithFormer<T>(
  context: LifecycleContext,
  { name, certificate }: IpsecPeer,
  work: (held: LifecycleContext) => Promise<T>,
): Promise<T> {
  const former = (await context.store.ipsecPeers.get(name))?.certificate ?? certificate;
  if (former === certificate) return alone(context, certificate, 0, work);
  return alone(context, former, 0, (held) => alone(held, certificate, 0, work));
}

/** Tell whether traffic goes another way than before, not only by other rules of judging. */
function isOther(former: IpsecPeer, peer: IpsecPeer): boolean {
  return wayOf(former) !== wayOf(peer);
}

function wayOf(peer: IpsecPeer): string {
  return JSON.stringify([
    peer.socket,
    peer.localAddresses,
    peer.remoteAddresses,
    peer.localId,
    peer.remoteId,
    peer.certificate,
    peer.proposals,
    peer.children,
  ]);
}

/**
 * End the tunnels of a peer, have charon forget it, and then forget it here.
 *
 * @param isForced do so where charon cannot be told, too
 * @returns `false` when there was none
 * @throws {CertError} DELIVERY_FAILED, when it stays; IN_PROGRESS
 */
export async function removeIpsecPeer(
  context: LifecycleContext,
  name: string,
  { isForced = false }: { readonly isForced?: boolean } = {},
): Promise<boolean> {
  const peer = await context.store.ipsecPeers.get(name);
  if (peer === undefined) return false;
  return alone(context, peer.certificate, 0, async (held) => {
    const { store, log } = held;
    await end(held, peer).catch((error: unknown) => {
      if (!isForced || !(error instanceof CertError) || error.code !== 'DELIVERY_FAILED')
        throw error;
      log.warn(error.message);
    });
    if (!(await store.ipsecPeers.remove(name))) return false;
    await forgetFormer(store, name);
    // Others of this certificate are deployed anew; the peer is gone whatever becomes of that.
    await deployPending(held, peer.certificate).catch((error: unknown) => {
      if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
      log.warn(error.message);
    });
    return true;
  });
}

/** Have charon forget a peer and what only that needs. Wherever this ends, the peer is loaded again while it is set up. */
async function end(context: LifecycleContext, peer: IpsecPeer): Promise<void> {
  await restartFor(context.store, peer);
  await withDaemon(context, peer.socket, (daemon) => endWith(context, daemon, peer));
}

/** The same, where a charon that cannot be reached has nothing to be forgotten. @throws {CertError} DELIVERY_FAILED */
async function endIfThere(context: LifecycleContext, peer: IpsecPeer): Promise<void> {
  const { ike = realIkePorts, signal, log } = context;
  await restartFor(context.store, peer);
  let daemon: IkeDaemon;
  try {
    daemon = await ike.open(peer.socket, { signal });
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    log.warn(error.message);
    return;
  }
  try {
    await endWith(context, daemon, peer);
  } finally {
    daemon.close();
  }
}

/** Unload it before its IKE_SAs end: nothing brings them back then. */
async function endWith(
  { store }: LifecycleContext,
  daemon: IkeDaemon,
  peer: IpsecPeer,
): Promise<void> {
  await daemon.unloadConnection(peer.name);
  await daemon.terminate({ connection: peer.name });
  await forgetLeftovers(store, daemon, peer);
}
