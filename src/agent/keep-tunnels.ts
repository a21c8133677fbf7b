import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { realIkePorts, type IkePorts } from '../lifecycle/ipsec-ports.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import type { ValidationContext } from '../validation/contract.ts';
import { heardRevocations, type HeardRevocations } from './heard-revocations.ts';
import { keepLooking, type KeptLooking } from './keep-looking.ts';
import { tunnelAlarms } from './tunnel-alarms.ts';
import { tunnelGateway, type GatewayState, type TunnelGateway } from './tunnel-gateway.ts';

/** What looking after tunnels stands on. */
export interface TunnelsContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly validation: ValidationContext;
  /** Called when something is due again. */
  wake(): void;
  /** Called when somebody is to be told of something, or that it is over. */
  readonly tell: () => void;
  /** How charons are reached; without it, as it is in reality. */
  readonly ike?: IkePorts;
  /** For tests: looked at as often, in place of every ten seconds. */
  readonly everyMs?: number | undefined;
}

/** That the charons of IPsec peers have what they need, and nobody a tunnel who is refused, as long as the agent works. */
export interface Tunnels {
  /** By socket. */
  state(): readonly GatewayState[];
  /** Take in what a charon was told by the responder of the agent. */
  readonly heard: Pick<HeardRevocations, 'note'>;
  /** Look now at all of them. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** How soon a charon that has lost something is noticed, and a changed peer. */
const EVERY_MS = 10_000;

/**
 * Look after the charons of all IPsec peers and deployments from time to time, and at once when an IKE_SA is set up. Nothing is known of
 * them but what they show: whoever restarted them, or told them something by hand, is found out. Who starts this does not
 * wait for the first look.
 */
export function keepTunnels(context: TunnelsContext): Tunnels {
  const { store, log, everyMs = EVERY_MS } = context;
  const ending = new AbortController();
  const { signal } = ending;
  const alarms = tunnelAlarms(context);
  const gateways = new Map<string, TunnelGateway>();
  const { ike = realIkePorts } = context;
  const heard = heardRevocations(() => {
    for (const gateway of gateways.values()) gateway.look().catch(() => {});
  });

  const gatewayAt = (socket: string): TunnelGateway => {
    const known = gateways.get(socket);
    if (known) return known;
    const made = tunnelGateway({ ...context, ike, alarms, heard, signal }, socket);
    gateways.set(socket, made);
    return made;
  };
  const look = async (): Promise<void> => {
    if (signal.aborted) return;
    const all = await store.ipsecPeers.list();
    const places = new Set(
      [...all, ...(await store.deployments.charons())].map(({ socket }) => socket),
    );
    for (const [socket, gateway] of gateways) {
      if (places.has(socket)) continue;
      gateway.close();
      gateways.delete(socket);
    }
    await endAlarms(all);
    await Promise.all([...places].map((socket) => gatewayAt(socket).look()));
  };
  const endAlarms = async (all: readonly IpsecPeer[]): Promise<void> => {
    for (const peer of await alarms.standing())
      if (all.every(({ name }) => name !== peer)) await alarms.end(peer);
  };

  const kept: Promise<KeptLooking> = keepLooking(look, { log, everyMs });
  return {
    heard,
    state: () => [...gateways.values()].map((gateway) => gateway.state()),
    refresh: async () => (await kept).refresh(),
    async close() {
      ending.abort();
      for (const gateway of gateways.values()) gateway.close();
      await (await kept).close();
    },
  };
}
