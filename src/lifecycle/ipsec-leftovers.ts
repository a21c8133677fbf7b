import type { IkeDaemon, IkeKeyId } from '../deploy/ike-daemon.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import { certificateDer } from '../x509/certificate.ts';
import { authorityName, isOurAuthority, otherPeersOf } from './ipsec-authorities.ts';
import { cas } from './ipsec-crls.ts';
import { ikeKeyId } from './ipsec-key.ts';

/**
 * Take out of charon what only a peer that is no more needed: keys of a certificate that is deployed there no more, and
 * places that are asked about the CAs of the peer. Certificates and CRLs cannot be taken out one by one, and are harmless.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export async function forgetLeftovers(
  store: Store,
  daemon: IkeDaemon,
  { certificate, socket }: Pick<IpsecPeer, 'certificate' | 'socket'>,
): Promise<void> {
  const left = await keysLeft(store, certificate, socket);
  const loaded = left.length === 0 ? [] : await daemon.keys();
  for (const id of left) if (loaded.includes(id)) await daemon.unloadKey(id);
  const { peers, isComplete } = await otherPeersOf(store, socket, '');
  if (!isComplete) return;
  const needed = new Set(
    peers.flatMap(({ trust }) => cas(trust).map((ca) => authorityName(certificateDer(ca)))),
  );
  for (const name of await daemon.authorities()) {
    if (isOurAuthority(name) && !needed.has(name)) await daemon.unloadAuthority(name);
  }
}

/** Find the keys of a certificate that is not deployed to a charon any more, without those that another one there has. */
async function keysLeft(
  store: Store,
  certificate: string,
  socket: string,
): Promise<readonly IkeKeyId[]> {
  const used = new Set<number | undefined>();
  for (const name of await store.deployments.names()) {
    const isThere = (await store.deployments.list(name)).some(
      ({ target }) => target?.type === 'strongswan' && target.socket === socket,
    );
    if (isThere && name === certificate) return [];
    if (isThere) used.add((await store.certificates.current(name))?.keyId);
  }
  const ids = new Set<number>();
  for (const { keyId, version } of await store.certificates.versions(certificate)) {
    // What never took effect was never loaded.
    if (keyId !== undefined && version > 0 && !used.has(keyId)) ids.add(keyId);
  }
  const keys: IkeKeyId[] = [];
  for (const id of ids) keys.push(ikeKeyId((await store.keys.publicKey(id)).spki));
  return keys;
}
