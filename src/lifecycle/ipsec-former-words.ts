import type { IkeDaemon } from '../deploy/ike-daemon.ts';
import type { Store } from '../store/store.ts';

/** Setting: a peer, of which what stands was set up by other words than those that are to be loaded. */
const formerKey = 'ipsec former ';

/** Remember that, before the other words are stored. */
export async function rememberFormer(
  { settings }: Pick<Store, 'settings'>,
  peer: string,
): Promise<void> {
  await settings.set(formerKey + peer, 'stands');
}

/** Forget it, with the peer. */
export async function forgetFormer(
  { settings }: Pick<Store, 'settings'>,
  peer: string,
): Promise<void> {
  await settings.remove(formerKey + peer);
}

/**
 * End what stands by other words, once those it is to be set up by are loaded: charon goes on with what an IKE_SA was set
 * up with for as long as that stands.
 *
 * @param peers whose connections are loaded
 * @throws {CertError} DELIVERY_FAILED
 */
export async function endFormer(
  store: Pick<Store, 'settings'>,
  daemon: Pick<IkeDaemon, 'terminate'>,
  peers: readonly string[],
): Promise<void> {
  for (const peer of peers) {
    if ((await store.settings.get(formerKey + peer)) === undefined) continue;
    await daemon.terminate({ connection: peer });
    await forgetFormer(store, peer);
  }
}
