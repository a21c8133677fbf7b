import { resolve } from 'node:path';
import { usualCharonSocket } from '../../deploy/charon-socket.ts';
import { ipsecPeerOf, type IpsecChildWords } from '../../lifecycle/ipsec-words.ts';
import { putIpsecPeer } from '../../lifecycle/ipsec-peers.ts';
import { agentNote } from '../agent-note.ts';
import type { Body } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import type { ArgsOf } from '../parameter.ts';
import type { ipsecPeerAddParameters } from '../parameters-ipsec.ts';

/** Set up a tunnel of a local strongSwan, and load it. */
export const run: Body<typeof ipsecPeerAddParameters> = async (args, context) => {
  const { name, socket, later } = args;
  const place = socket === undefined ? usualCharonSocket() : resolve(socket);
  const peer = ipsecPeerOf(name, place, {
    ...args,
    caCrl: args.caCrlListCaCrlName,
    children: childrenIn(args),
  });
  const services = await context.services();
  const result = await interruptible(context, peer.certificate, (signal) =>
    putIpsecPeer({ ...services, signal }, peer, later),
  );
  const { agentRuns, text: note } = await agentNote(services, context);
  const text =
    result.type === 'deployed'
      ? `IPsec peer "${name}" is loaded with certificate "${peer.certificate}"`
      : `IPsec peer "${name}" is stored; it is loaded with the next deployment of "${peer.certificate}"`;
  context.print.done(
    { name, certificate: peer.certificate, socket: place, type: result.type, agentRuns },
    text + note,
  );
  return 0;
};

function childrenIn(args: ArgsOf<typeof ipsecPeerAddParameters>): readonly IpsecChildWords[] {
  return args.child.map((name, at) => ({
    name,
    localTs: args.localTs[at],
    remoteTs: args.remoteTs[at],
    protocol: args.protocol[at]?.[0],
    localPort: args.localPort[at]?.[0],
    remotePort: args.remotePort[at]?.[0],
    espProposal: args.espProposal[at],
  }));
}
