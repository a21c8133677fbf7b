import type { Clock } from '../base/clock.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { RefusedTunnel } from './judge-tunnels.ts';

/**
 * Which refusals are news. A peer that can be kept out is, each time. Where anybody may call, whoever is refused comes back
 * as often as it likes: that is to keep neither charon nor the office busy.
 */
export interface TunnelRefusals {
  /** Note one. @returns whether it is to be told, and charon to forget what it knew */
  isNews(refused: Pick<RefusedTunnel, 'peer' | 'why'>): boolean;
  /** Tell whether somebody who calls as this peer was refused a moment ago. */
  isRecent(peer: string): boolean;
}

/** As often as somebody who looks at it is served by. */
const SAME_MS = 60_000;

/** Each is a peer and why; a peer has few. */
const MAX_KNOWN = 256;

/** Make it. */
export function tunnelRefusals({ now }: Pick<Clock, 'now'>): TunnelRefusals {
  const toldAt = new Map<string, number>();
  const refusedAt = new Map<string, number>();
  const isLately = (at: number | undefined): boolean => {
    const past = now().getTime() - (at ?? -Infinity);
    return past >= 0 && past < SAME_MS;
  };
  return {
    isNews({ peer, why }) {
      if (canBeKeptOut(peer)) return true;
      const at = now().getTime();
      refusedAt.set(peer.name, at);
      const key = `${peer.name} ${why}`;
      if (isLately(toldAt.get(key))) return false;
      toldAt.delete(key);
      toldAt.set(key, at);
      const [oldest] = toldAt.keys();
      if (toldAt.size > MAX_KNOWN && oldest !== undefined) toldAt.delete(oldest);
      return true;
    },
    isRecent: (peer) => isLately(refusedAt.get(peer)),
  };
}

/** Whom anybody may be keeps the others out with him. */
export function canBeKeptOut({ remoteAddresses }: Pick<IpsecPeer, 'remoteAddresses'>): boolean {
  return remoteAddresses.length > 0;
}
