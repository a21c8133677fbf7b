import type { IkeDaemon, IkeKeyId } from '../deploy/ike-daemon.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import { certificateDer } from '../x509/certificate.ts';
import { isTo } from './charon-deployments.ts';
import { authorityName, isOurAuthority, otherPeersOf } from './ipsec-authorities.ts';
import { cas } from './ipsec-crls.ts';
import { idOf, keysGiven, keysOfOthers, rememberGiven } from './ipsec-key-places.ts';

/**
 * Take out of charon what only a peer that goes needs: keys of a certificate that is deployed there no more then, and
 * places that are asked about the CAs of the peer. Certificates and CRLs cannot be taken out one by one, and are harmless.
 *
 * @param going it may still be stored
 * @throws {CertError} DELIVERY_FAILED
 */
export async function forgetLeftovers(
  store: Store,
  daemon: IkeDaemon,
  going: IpsecPeer,
): Promise<void> {
  if (await isLast(store, going)) await forgetKeys(store, daemon, going);
  // Listed first: what somebody else loads meanwhile is needed by a peer that is stored already.
  const authorities = (await daemon.authorities()).filter(isOurAuthority);
  if (authorities.length === 0) return;
  const { peers, isComplete } = await otherPeersOf(store, going.socket, '');
  if (!isComplete) return;
  const needed = new Set(
    peers
      .filter(({ peer }) => peer.name !== going.name)
      .flatMap(({ trust }) => cas(trust).map((ca) => authorityName(certificateDer(ca)))),
  );
  for (const name of authorities) if (!needed.has(name)) await daemon.unloadAuthority(name);
}

/** Tell whether the deployment of a peer goes with it, as it was made for it and is for no other. */
async function isLast(store: Store, { name, certificate, socket }: IpsecPeer): Promise<boolean> {
  const others = await store.ipsecPeers.ofCertificate(certificate);
  if (others.some((each) => each.name !== name && each.socket === socket)) return false;
  const here = (await store.deployments.list(certificate)).filter(isTo(socket));
  return here.every(({ isForPeers = false }) => isForPeers);
}

/**
 * Take out of a charon the keys of a certificate that is not deployed to it any more, without those that another one there
 * has.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export async function forgetKeys(
  store: Store,
  daemon: Pick<IkeDaemon, 'keys' | 'unloadKey'>,
  { certificate, socket }: Pick<IpsecPeer, 'certificate' | 'socket'>,
): Promise<void> {
  const left = await keysLeft(store, certificate, socket);
  const loaded = left.length === 0 ? [] : await daemon.keys();
  for (const id of left) if (loaded.includes(id)) await daemon.unloadKey(id);
  if (left.length > 0) await rememberGiven(store, certificate, socket, []);
}

async function keysLeft(
  store: Store,
  certificate: string,
  socket: string,
): Promise<readonly IkeKeyId[]> {
  const used = await keysOfOthers(store, certificate, socket);
  const ids = new Set(await keysGiven(store, certificate, socket));
  for (const { keyId, version } of await store.certificates.versions(certificate)) {
    // What never took effect was never loaded.
    if (keyId !== undefined && version > 0) ids.add(await idOf(store, keyId));
  }
  return [...ids].filter((id) => !used.has(id));
}
