import type { IkeConnection, IkeDaemon } from '../../../src/deploy/ike-daemon.ts';
import { openIkeDaemon } from '../../../src/deploy/strongswan-daemon.ts';
import { childName, connectionName } from './both-ways.ts';
import { subnets, type IpsecScene } from './ipsec-scene.ts';
import type { SceneLeaf } from './scene-ca.ts';

/** One gateway, spoken to over VICI. */
export interface ViciSide {
  readonly daemon: IkeDaemon;
  /** The connection to the other gateway, with a certificate of this one. */
  connectionWith(leaf: SceneLeaf, other?: Partial<IkeConnection>): IkeConnection;
  /** Load a certificate with its key, and the connection with it. @returns that */
  renew(leaf: SceneLeaf): Promise<IkeConnection>;
}

/** Open one side, and load the CAs of both into it; whoever opened it closes the daemon. */
export async function openSide(scene: IpsecScene, name: 'alice' | 'bob'): Promise<ViciSide> {
  const [own, other] = name === 'alice' ? [scene.a, scene.b] : [scene.b, scene.a];
  const [charon, peer] = name === 'alice' ? [scene.alice, scene.bob] : [scene.bob, scene.alice];
  const [here, there] =
    name === 'alice' ? [subnets.alice, subnets.bob] : [subnets.bob, subnets.alice];
  const daemon = await openIkeDaemon(charon.socket);
  for (const { der } of [...own.cas, other.root]) await daemon.loadCertificate(der, 'ca');
  const connectionWith: ViciSide['connectionWith'] = (leaf, more = {}) => ({
    name: connectionName,
    localAddresses: [charon.place.address],
    remoteAddresses: [peer.place.address],
    certificate: leaf.der,
    anchors: [other.root.der],
    revocation: 'strict',
    proposals: ['aes128-sha256-ecp256'],
    children: [
      {
        name: childName,
        localSelectors: [here.selector],
        remoteSelectors: [there.selector],
        espProposals: ['aes128-sha256'],
        isStarted: name === 'alice',
      },
    ],
    ...more,
  });
  return {
    daemon,
    connectionWith,
    async renew(leaf) {
      await daemon.loadCertificate(leaf.der, 'own');
      await daemon.loadKey(leaf.pkcs8);
      const connection = connectionWith(leaf);
      await daemon.loadConnection(connection);
      return connection;
    },
  };
}

/** Tell which certificates of a gateway the other one has received, by their octets in hex. */
export async function receivedBy(daemon: IkeDaemon): Promise<ReadonlySet<string>> {
  const certificates = await daemon.certificates();
  return new Set(certificates.map(({ der }) => Buffer.from(der).toString('hex')));
}

/** The same octets in hex, to be looked for there. */
export function hexOf({ der }: { readonly der: Uint8Array }): string {
  return Buffer.from(der).toString('hex');
}
