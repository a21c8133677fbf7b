import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { IkeAssociation } from '../deploy/ike-daemon.ts';
import { ipsecPolicy } from '../lifecycle/ipsec-policy.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import { validatePeer } from '../validation/check-peer.ts';
import type { PeerVerdict, ValidationContext, ValidationPolicy } from '../validation/contract.ts';
import type { SeenCertificates } from './tunnel-chains.ts';

/** What judging stands on. */
export interface JudgingContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly validation: ValidationContext;
}

/** An IKE_SA that is to end, and to be set up anew: nobody knows with what it was authenticated. */
export interface UnshownTunnel {
  readonly type: 'unshown';
  readonly peer: IpsecPeer;
  readonly association: IkeAssociation;
}

/** An IKE_SA that is to end. */
export interface RefusedTunnel {
  readonly type: 'refused';
  readonly peer: IpsecPeer;
  readonly association: IkeAssociation;
  /** The code, and what it is about. */
  readonly why: string;
}

/** What came of a look at the IKE_SAs of a charon. */
export interface TunnelVerdicts {
  readonly refused: readonly RefusedTunnel[];
  readonly unshown: readonly UnshownTunnel[];
  /** Names of peers with an IKE_SA that stays. */
  readonly accepted: readonly string[];
}

/** Judges the peers of the IKE_SAs of one charon, each once, and anew when something is known that was not. */
export interface TunnelJudge {
  /**
   * @param seen with what charon shows now
   * @param version changes whenever there are other CRLs
   * @throws {CertError} STORE_…
   */
  judge(
    seen: Pick<SeenCertificates, 'chainsOf'>,
    peers: readonly IpsecPeer[],
    associations: readonly IkeAssociation[],
    version: string,
    signal: AbortSignal,
  ): Promise<TunnelVerdicts>;
  /** It is another charon by now, with other IKE_SAs of the same numbers. */
  forget(): void;
}

/** Without any news: what a responder says may be another by then, and so may the policy. */
const AGAIN_MS = 300_000;

/**
 * An IKE_SA of that age was let in by charon by the sources that there were then. An agent that is started while they are
 * down takes no tunnel away from anybody.
 */
const LIVED_SECONDS = 60;

/** `kept`: nobody has a word on it, and it was let in when somebody had. */
type Outcome = 'accepted' | 'kept' | 'not judged' | UnshownTunnel | RefusedTunnel;

/** So often one is set up anew of which charon does not show the certificate: it has room for few. */
const MAX_UNSHOWN = 2;

/** One that is busy is missing from the list of charon now and then, and is there again. */
const GONE_MS = 60_000;

interface Known {
  /** With whom: what is found later was not what it was authenticated with. */
  readonly chains: readonly (readonly Uint8Array[])[];
  readonly outcome: Outcome;
  readonly at: number;
  seenAt: number;
  /** By what it was judged. */
  readonly by: string;
}

/** Make it. */
export function tunnelJudge(context: JudgingContext): TunnelJudge {
  const { clock, log } = context;
  const known = new Map<string, Known>();
  const said = new Map<string, string>();
  const unshown = new Map<string, number>();

  const tellOnce = (peer: IpsecPeer, text: string): void => {
    if (said.get(peer.name) !== text) log.warn(`IPsec peer "${peer.name}" ${text}`);
    said.set(peer.name, text);
  };
  const isDue = (before: Known | undefined, by: string): boolean => {
    if (before === undefined || before.by !== by) return true;
    const age = clock.now().getTime() - before.at;
    return age < 0 || age >= AGAIN_MS;
  };

  const forgetGone = (ids: ReadonlySet<string>): void => {
    const now = clock.now().getTime();
    for (const [id, each] of known) {
      const past = now - each.seenAt;
      if (ids.has(id)) each.seenAt = now;
      else if (past < 0 || past >= GONE_MS) known.delete(id);
    }
  };

  const judgeOne = async (
    peer: IpsecPeer,
    association: IkeAssociation,
    chains: Known['chains'],
    wasAccepted: boolean,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    let policy: ValidationPolicy;
    try {
      policy = await ipsecPolicy(context.store, peer);
    } catch (error) {
      if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
      tellOnce(peer, `is not judged: ${error.message}`);
      return 'not judged';
    }
    if (chains.length === 0) {
      const missing = `charon has no certificate of "${association.remoteId}"`;
      if (wasAccepted || policy.revocation === 'relaxed') {
        tellOnce(peer, `is not judged: ${missing}`);
        return 'not judged';
      }
      const count = (unshown.get(peer.name) ?? 0) + 1;
      unshown.set(peer.name, count);
      return count > MAX_UNSHOWN
        ? { type: 'refused', peer, association, why: `no-certificate: ${missing}` }
        : { type: 'unshown', peer, association };
    }
    const verdicts: PeerVerdict[] = [];
    for (const chain of chains) {
      const now = clock.now();
      const verdict = await validatePeer(context.validation, policy, { chain }, now, signal);
      if (verdict.verdict === 'accept') {
        said.delete(peer.name);
        unshown.delete(peer.name);
        return 'accepted';
      }
      verdicts.push(verdict);
    }
    const why = whyOf(verdicts);
    if (wasAccepted && verdicts.some(isOfSources)) {
      tellOnce(peer, `cannot be judged anew, and keeps its IKE_SA: ${why}`);
      return 'kept';
    }
    return { type: 'refused', peer, association, why };
  };

  return {
    async judge(seen, peers, associations, version, signal) {
      forgetGone(new Set(associations.map(({ id }) => id)));
      const byOf = (peer: IpsecPeer): string => `${version} ${JSON.stringify(peer)}`;
      const judgeAnew = async (
        peer: IpsecPeer,
        association: IkeAssociation,
        before: Known | undefined,
      ): Promise<Outcome> => {
        const held = before?.chains ?? [];
        const chains = held.length > 0 ? held : seen.chainsOf(association.remoteId);
        const wasAccepted = before
          ? before.outcome === 'accepted' || before.outcome === 'kept'
          : (association.age ?? 0) >= LIVED_SECONDS;
        const outcome = await judgeOne(peer, association, chains, wasAccepted, signal);
        const at = clock.now().getTime();
        if (!signal.aborted) {
          known.set(association.id, { chains, outcome, at, seenAt: at, by: byOf(peer) });
        }
        return outcome;
      };
      // Side by side: the deadline of one whose sources are silent is not that of the next.
      const outcomes = await Promise.all(
        associations.map(async (association) => {
          const peer = peers.find(({ name }) => name === association.connection);
          if (peer === undefined || association.state !== 'ESTABLISHED') return undefined;
          const before = known.get(association.id);
          const isKnown = before !== undefined && !isDue(before, byOf(peer));
          const outcome = isKnown ? before.outcome : await judgeAnew(peer, association, before);
          return { name: peer.name, outcome };
        }),
      );
      // What was not asked to the end is no verdict.
      if (signal.aborted) return { refused: [], unshown: [], accepted: [] };
      const all = outcomes.filter((each) => each !== undefined);
      const ended = all.flatMap(({ outcome }) => (typeof outcome === 'object' ? [outcome] : []));
      return {
        refused: ended.filter((each) => each.type === 'refused'),
        unshown: ended.filter((each) => each.type === 'unshown'),
        accepted: all.flatMap(({ name, outcome }) => (outcome === 'accepted' ? [name] : [])),
      };
    },
    forget: () => known.clear(),
  };
}

/** Tell whether nobody says anything against a peer, and there is just nobody to ask. */
function isOfSources({ revocation }: PeerVerdict): boolean {
  const missing = revocation.filter(({ accepted }) => !accepted);
  return missing.length > 0 && missing.every(({ verdict }) => verdict.type === 'unavailable');
}

/** Of several candidates the newest is the likeliest. */
function whyOf([newest]: readonly PeerVerdict[]): string {
  const [reason] = newest?.reasons ?? [];
  return reason === undefined ? 'internal: no reason is known' : `${reason.code}: ${reason.detail}`;
}
