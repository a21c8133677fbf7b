import { defineCommand, type Command } from './command.ts';
import * as table from './parameters-ipsec.ts';

/** Commands about IKE gateways: connections of a local strongSwan that authenticate with our certificates. */
export const ipsecCommands: readonly Command[] = [
  defineCommand({
    words: ['ipsec', 'peer', 'add'],
    changes: 'world',
    summary:
      'Set up a tunnel of strongSwan with one of our certificates, in place of what has that name',
    parameters: table.ipsecPeerAddParameters,
    example:
      'ipsec peer add bob local-address 192.0.2.1 peer 192.0.2.2 certificate alice ca rootB initiator child lan local-ts 10.1.0.0/24 remote-ts 10.2.0.0/24',
    load: () => import('./commands/ipsec-peer-add.ts'),
  }),
  defineCommand({
    words: ['ipsec', 'peer', 'remove'],
    changes: 'world',
    summary: 'End the tunnel to a peer, have charon forget it, and forget it',
    parameters: table.ipsecPeerRemoveParameters,
    example: 'ipsec peer remove bob',
    load: () => import('./commands/ipsec-peer-remove.ts'),
  }),
  defineCommand({
    words: ['no', 'ipsec', 'peer'],
    changes: 'world',
    summary: 'The same as ipsec peer remove',
    parameters: table.ipsecPeerRemoveParameters,
    load: () => import('./commands/ipsec-peer-remove.ts'),
  }),
  defineCommand({
    words: ['show', 'ipsec', 'peer'],
    changes: 'nothing',
    summary: 'Show what is set up for tunnels of strongSwan',
    parameters: table.showIpsecPeerParameters,
    load: () => import('./commands/show-ipsec-peer.ts'),
  }),
  defineCommand({
    words: ['show', 'tunnel', 'ipsec'],
    changes: 'nothing',
    summary: 'Show which tunnels stand, as charon says now',
    parameters: table.showTunnelParameters,
    example: 'show tunnel ipsec bob',
    load: () => import('./commands/show-tunnel-ipsec.ts'),
  }),
];
