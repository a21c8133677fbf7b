import { suggest } from '../../base/suggest.ts';
import { readTunnels } from '../../lifecycle/ipsec-tunnels.ts';
import type { Body } from '../command.ts';
import { noSuchPeer } from '../ipsec-peer-view.ts';
import type { showTunnelParameters } from '../parameters-ipsec.ts';
import { tunnelJson, tunnelTable, tunnelText } from '../show-tunnel.ts';
import { readStored, whereLooked } from '../stored.ts';

/** Show how tunnels stand, as charon says now. */
export const run: Body<typeof showTunnelParameters> = async ({ name }, context) => {
  const signal = context.io.abortSignal();
  const tunnels =
    (await readStored(context, async (services) => {
      const all = await services.store.ipsecPeers.list();
      const peers = all.filter((peer) => name === undefined || peer.name === name);
      if (name !== undefined && peers.length === 0) {
        const known = all.map((peer) => String(peer.name));
        throw noSuchPeer('show the tunnel of', name, suggest(name, known));
      }
      return await readTunnels({ ...services, signal }, peers);
    })) ?? [];
  if (name !== undefined && tunnels.length === 0)
    throw noSuchPeer('show the tunnel of', name, undefined);
  context.print.show({ tunnels: tunnels.map(tunnelJson) }, () => {
    if (tunnels.length === 0) {
      return `No IPsec peer is set up${whereLooked(context)}; certkeeper ipsec peer add sets one up\n`;
    }
    return name === undefined
      ? tunnelTable(tunnels, context.print.style)
      : tunnels.map(tunnelText).join('\n');
  });
  return 0;
};
