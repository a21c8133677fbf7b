import { CertError } from '../base/errors.ts';
import type { IkeAssociation, IkeDaemon } from '../deploy/ike-daemon.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import { isTo } from './charon-deployments.ts';
import type { LifecycleContext } from './context.ts';
import { withDaemon } from './ipsec-ports.ts';
import { refusalOf } from './ipsec-refusals.ts';

/** How a tunnel stands, as charon says. */
export type TunnelStatus =
  | 'established'
  | 'connecting'
  /** Charon has the connection, and no IKE_SA of it. */
  | 'down'
  /** Charon has no such connection. */
  | 'not loaded'
  /** Charon cannot be asked. */
  | 'unknown';

/** A tunnel that is set up, and what charon says of it. */
export interface Tunnel {
  readonly peer: IpsecPeer;
  readonly status: TunnelStatus;
  /** Why it is unknown; why it does not stand, as far as the agent has refused it or its last deployment has failed. */
  readonly why?: string;
  /** Those that stand first. */
  readonly associations: readonly IkeAssociation[];
}

/** Somebody looks, and waits: a charon that is at work answers in milliseconds. */
const TIMEOUT_MS = 5000;

/** Ask the charons of peers how their tunnels stand. One that does not answer keeps nobody from seeing the others. */
export async function readTunnels(
  context: Pick<LifecycleContext, 'store' | 'ike' | 'signal'>,
  peers: readonly IpsecPeer[],
): Promise<readonly Tunnel[]> {
  const sockets = [...new Set(peers.map(({ socket }) => socket))];
  const found = new Map(
    await Promise.all(
      sockets.map(async (socket) => [socket, await lookAt(context, socket)] as const),
    ),
  );
  const tunnels: Tunnel[] = [];
  for (const peer of peers) {
    const tunnel = tunnelOf(peer, found.get(peer.socket) ?? { why: 'nobody was asked' });
    const why = await whyNot(context.store, tunnel);
    tunnels.push(why === undefined ? tunnel : { ...tunnel, why });
  }
  return tunnels;
}

async function whyNot(
  store: LifecycleContext['store'],
  { peer, status }: Tunnel,
): Promise<string | undefined> {
  if (status === 'established' || status === 'unknown') return undefined;
  const refusal = await refusalOf(store, peer.name);
  if (refusal !== undefined) return refusal;
  return status === 'not loaded' ? await failureOf(store, peer) : undefined;
}

/** Find what the last deployment of its certificate to its charon has failed for, or that it is still to come. */
async function failureOf(
  { deployments, certificates }: LifecycleContext['store'],
  { certificate, socket }: IpsecPeer,
): Promise<string | undefined> {
  const current = await certificates.current(certificate);
  if (current === undefined) return `certificate "${certificate}" is not there yet`;
  const own = (await deployments.list(certificate)).filter(isTo(socket));
  const [error] = own.flatMap(({ status }) => status?.error ?? []);
  if (error !== undefined) return error;
  const isDone = own.every(({ status }) => status?.state === 'deployed');
  return isDone
    ? undefined
    : `it is still to be loaded, by the agent or by "certkeeper cert deploy cert-name ${certificate}"`;
}

type Sight =
  | {
      readonly connections: readonly string[];
      readonly associations: readonly IkeAssociation[];
    }
  | { readonly why: string };

async function lookAt(
  context: Pick<LifecycleContext, 'ike' | 'signal'>,
  socket: string,
): Promise<Sight> {
  try {
    return await withDaemon(context, socket, see, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return { why: error.message };
  }
}

async function see(daemon: IkeDaemon): Promise<Sight> {
  const connections = await daemon.connections();
  return { connections, associations: await daemon.associations() };
}

function tunnelOf(peer: IpsecPeer, sight: Sight): Tunnel {
  if ('why' in sight) return { peer, status: 'unknown', why: sight.why, associations: [] };
  const own = sight.associations.filter(({ connection }) => connection === peer.name);
  const standing = own.filter(isStanding);
  const others = own.filter((each) => !isStanding(each));
  const isLoaded = sight.connections.includes(peer.name);
  const status =
    standing.length > 0
      ? 'established'
      : others.some(({ state }) => state === 'CONNECTING')
        ? 'connecting'
        : isLoaded
          ? 'down'
          : 'not loaded';
  return { peer, status, associations: [...standing, ...others] };
}

/** One that is being rekeyed or authenticated anew carries traffic meanwhile. */
function isStanding({ state }: IkeAssociation): boolean {
  return state === 'ESTABLISHED' || state === 'REKEYING' || state === 'REKEYED';
}
