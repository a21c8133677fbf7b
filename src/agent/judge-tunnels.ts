import type { Log } from '../base/log.ts';
import type { IkeAssociation } from '../deploy/ike-daemon.ts';
import { cas } from '../lifecycle/ipsec-crls.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { ValidationPolicy } from '../validation/contract.ts';
import { judgePeer, policyFor, type PeerJudgeContext } from './judge-peer.ts';
import type { FoundChains, SeenCertificates } from './tunnel-chains.ts';

/** What judging stands on. */
export interface JudgingContext extends PeerJudgeContext {
  readonly log: Log;
}

/** An IKE_SA that is to end, and to be set up anew: nobody knows with what it was authenticated. */
export interface UnshownTunnel {
  readonly type: 'unshown';
  /** Charon shows such, too, as are not accepted: it is to forget them all before. */
  readonly isMixed: boolean;
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
  /** Peers without an IKE_SA whose last certificate is revoked: charon itself keeps them out, and tells nobody. */
  readonly revoked: readonly { readonly peer: IpsecPeer; readonly why: string }[];
}

/** Judges the peers of the IKE_SAs of one charon, each once, and anew when something is known that was not. */
export interface TunnelJudge {
  /**
   * @param seen with what charon shows now
   * @param version changes whenever something is known that was not
   * @throws {CertError} STORE_…
   */
  judge(
    seen: Pick<SeenCertificates, 'chainsOf'>,
    peers: readonly IpsecPeer[],
    associations: readonly IkeAssociation[],
    version: string,
    signal: AbortSignal,
  ): Promise<TunnelVerdicts>;
  /** One goes on by another id: with whom is known, and that it was accepted when somebody had a word on it. */
  rename(formerId: string, id: string): void;
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

/** `kept`: nobody has a word on it, or shows with what it was let in, and that was when somebody had. */
type Outcome = 'accepted' | 'kept' | 'not judged' | UnshownTunnel | RefusedTunnel;

/** So often one is set up anew of which charon does not show the certificate: it has room for few, and anybody can fill it. */
const MAX_UNSHOWN = 2;

/** One that is busy is missing from the list of charon now and then, and is there again. */
const GONE_MS = 60_000;

type Chains = FoundChains['chains'];

interface Judged {
  readonly at: number;
  /** By what it was judged. */
  readonly by: string;
}

interface Known extends Judged {
  /** With whom: what is found later was not what it was authenticated with. */
  readonly chains: Chains;
  readonly outcome: Outcome;
  seenAt: number;
}

/** Make it. */
export function tunnelJudge(context: JudgingContext): TunnelJudge {
  const { clock, log, store } = context;
  const known = new Map<string, Known>();
  const absent = new Map<string, Judged>();
  /** What each peer showed last. */
  const shown = new Map<string, Chains>();
  const said = new Map<string, string>();
  const unshown = new Map<string, number>();

  const tellOnce = (peer: IpsecPeer, text: string): void => {
    if (said.get(peer.name) !== text) log.warn(`IPsec peer "${peer.name}" ${text}`);
    said.set(peer.name, text);
  };
  const isDue = (before: Judged | undefined, by: string): boolean => {
    if (before === undefined || before.by !== by) return true;
    const age = clock.now().getTime() - before.at;
    return age < 0 || age >= AGAIN_MS;
  };

  const mayAskAnew = ({ name }: IpsecPeer): boolean => {
    const count = (unshown.get(name) ?? 0) + 1;
    if (count > MAX_UNSHOWN) return false;
    unshown.set(name, count);
    return true;
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
    policy: ValidationPolicy,
    { chains, isStrange }: FoundChains,
    wasAccepted: boolean,
    signal: AbortSignal,
  ): Promise<Outcome> => {
    if (chains.length === 0) {
      const missing = `charon has no certificate of "${association.remoteId}"${isStrange ? ' by a CA that is believed' : ''}`;
      const isKept = wasAccepted && !isStrange;
      // A stranger may have put his own there, in whose way the true one was; so this is no refusal yet.
      if (!isKept && mayAskAnew(peer)) {
        return { type: 'unshown', isMixed: isStrange, peer, association };
      }
      if (isKept || (policy.revocation === 'relaxed' && !isStrange)) {
        tellOnce(peer, `is not judged: ${missing}`);
        return isKept ? 'kept' : 'not judged';
      }
      const code = isStrange ? 'untrusted' : 'no-certificate';
      return { type: 'refused', peer, association, why: `${code}: ${missing}` };
    }
    shown.set(peer.name, chains);
    const judgement = await judgePeer(context, policy, chains, signal);
    if (judgement.type === 'mixed') {
      // One that comes back with it again and again has one that is accepted, or charon would keep it out.
      if (!mayAskAnew(peer)) return 'accepted';
      return { type: 'unshown', isMixed: true, peer, association };
    }
    if (judgement.type === 'accepted') {
      said.delete(peer.name);
      unshown.delete(peer.name);
      return 'accepted';
    }
    const { why, by } = judgement;
    if (wasAccepted && by === 'no-word') {
      tellOnce(peer, `cannot be judged anew, and keeps its IKE_SA: ${why}`);
      return 'kept';
    }
    return { type: 'refused', peer, association, why };
  };

  /** @returns why it is revoked */
  const judgeAbsent = async (
    seen: Pick<SeenCertificates, 'chainsOf'>,
    peer: IpsecPeer,
    by: string,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    if (!isDue(absent.get(peer.name), by)) return undefined;
    const policy = await policyFor(store, peer);
    if ('failure' in policy) return undefined;
    const { remoteId } = peer;
    const chains =
      shown.get(peer.name) ??
      (remoteId === undefined ? [] : seen.chainsOf(remoteId, cas(policy.path), clock.now()).chains);
    if (chains.length === 0) return undefined;
    const judgement = await judgePeer(context, policy, chains.slice(0, 1), signal);
    if (signal.aborted) return undefined;
    absent.set(peer.name, { at: clock.now().getTime(), by });
    return judgement.type === 'refused' && judgement.by === 'revocation'
      ? judgement.why
      : undefined;
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
        const policy = await policyFor(store, peer);
        const held = before?.chains ?? [];
        let found: FoundChains = { chains: held, isStrange: false };
        let outcome: Outcome = 'not judged';
        if ('failure' in policy) tellOnce(peer, `is not judged: ${policy.failure}`);
        else {
          if (held.length === 0) {
            const since = new Date(clock.now().getTime() - 1000 * (association.age ?? 0));
            found = seen.chainsOf(association.remoteId, cas(policy.path), since);
          }
          const wasAccepted = before
            ? before.outcome === 'accepted' || before.outcome === 'kept'
            : (association.age ?? 0) >= LIVED_SECONDS;
          outcome = await judgeOne(peer, association, policy, found, wasAccepted, signal);
        }
        const { chains } = found;
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
      const all = outcomes.filter((each) => each !== undefined);
      for (const { name } of all) absent.delete(name);
      const missing = await Promise.all(
        peers
          .filter(({ name }) => all.every((each) => each.name !== name))
          .map(async (peer) => ({
            peer,
            why: await judgeAbsent(seen, peer, byOf(peer), signal),
          })),
      );
      // What was not asked to the end is no verdict.
      if (signal.aborted) return { refused: [], unshown: [], accepted: [], revoked: [] };
      const ended = all.flatMap(({ outcome }) => (typeof outcome === 'object' ? [outcome] : []));
      return {
        refused: ended.filter((each) => each.type === 'refused'),
        unshown: ended.filter((each) => each.type === 'unshown'),
        accepted: all.flatMap(({ name, outcome }) => (outcome === 'accepted' ? [name] : [])),
        revoked: missing.flatMap(({ peer, why }) => (why === undefined ? [] : [{ peer, why }])),
      };
    },
    rename(formerId, id) {
      const before = known.get(formerId);
      if (before) known.set(id, { ...before, seenAt: clock.now().getTime() });
    },
    forget: () => known.clear(),
  };
}
