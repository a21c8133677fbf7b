import { suggest } from '../../base/suggest.ts';
import type { Body } from '../command.ts';
import { noSuchPeer, peerFields, peerJson } from '../ipsec-peer-view.ts';
import type { showIpsecPeerParameters } from '../parameters-ipsec.ts';
import { readStored, whereLooked } from '../stored.ts';

/** Show what is set up for tunnels. */
export const run: Body<typeof showIpsecPeerParameters> = async ({ name }, context) => {
  const all = (await readStored(context, ({ store }) => store.ipsecPeers.list())) ?? [];
  const peers = all.filter((peer) => name === undefined || peer.name === name);
  if (name !== undefined && peers.length === 0) {
    const known = all.map((peer) => String(peer.name));
    throw noSuchPeer('show', name, suggest(name, known));
  }
  context.print.show({ peers: peers.map(peerJson) }, () =>
    peers.length === 0
      ? `No IPsec peer is set up${whereLooked(context)}; certkeeper ipsec peer add sets one up\n`
      : peers.map(peerFields).join('\n'),
  );
  return 0;
};
