import type { PeerPackageName } from '../../../scripts/peer-packages.ts';
import type { Place } from './place.ts';
import type { Fault } from './status-host.ts';

/** What our responder may do but say good or revoked. */
export const unwilling: Readonly<Record<string, Fault>> = {
  'says tryLater': { type: 'tryLater' },
  'says unauthorized': { type: 'unauthorized' },
  'says unknown': { type: 'of', making: { says: 'unknown' } },
  'says what has ended': { type: 'of', making: { ago: 7200, until: -3600 } },
  'answers by status 500': { type: 'status', code: 500 },
  'ends the connection': { type: 'reset' },
  'says nothing at all': { type: 'silence' },
};

/** How charon is kept from asking anybody but this machine; docs/ipsec.md says how to set that up. */
export interface Remedy {
  readonly needs?: PeerPackageName;
  readonly env?: Readonly<Record<string, string>>;
  /** Set up in the place of the charon. */
  apply?(place: Place, away: Place): Promise<unknown>;
  undo?(place: Place, away: Place): Promise<unknown>;
}

/** By the first packet of a connection, so that nothing has to follow connections: those from outside go on. */
const ruleset =
  'table inet certkeeper { chain charon { type filter hook output priority filter; ' +
  'meta skuid root oifname != "lo" tcp flags & (syn | ack) == syn reject with tcp reset; }; }';

/** For all but this machine, and nobody is there. */
export const proxyOfNobody: Readonly<Record<string, string>> = {
  all_proxy: 'http://127.0.0.1:9',
  no_proxy: '127.0.0.1,localhost',
};

export const remedies: Readonly<Record<string, Remedy>> = {
  'has a proxy in its environment where nobody listens': {
    env: proxyOfNobody,
  },
  'may by nftables open no TCP connection but to this machine': {
    needs: 'nftables',
    apply: (place) => place.done('nft', ruleset),
    undo: (place) => place.done('nft', 'delete table inet certkeeper'),
  },
  'is in a namespace that has no way to the responder': {
    apply: (place, away) => place.done('ip', 'route', 'add', 'prohibit', away.address),
    undo: (place, away) => place.done('ip', 'route', 'delete', 'prohibit', away.address),
  },
};
