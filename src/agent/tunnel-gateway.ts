import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { IkeAssociation, IkeDaemon } from '../deploy/ike-daemon.ts';
import type { IkePorts } from '../lifecycle/ipsec-ports.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { HeardRevocations } from './heard-revocations.ts';
import { inTurn } from './in-turn.ts';
import { tunnelJudge, type JudgingContext, type RefusedTunnel } from './judge-tunnels.ts';
import { tunnelAhead } from './tunnel-ahead.ts';
import type { TunnelAlarms } from './tunnel-alarms.ts';
import { tunnelBans } from './tunnel-bans.ts';
import { seenCertificates } from './tunnel-chains.ts';
import { tunnelCrls } from './tunnel-crls.ts';
import { tunnelRedeployment } from './tunnel-redeployment.ts';
import { canBeKeptOut, tunnelRefusals } from './tunnel-refusals.ts';
import { tunnelTrust } from './tunnel-trust.ts';

/** What looking after a charon stands on. */
export interface GatewayContext extends JudgingContext {
  readonly heard: Pick<HeardRevocations, 'of' | 'version'>;
  readonly clock: Clock;
  readonly ike: IkePorts;
  readonly alarms: TunnelAlarms;
  /** Called when something is due again. */
  wake(): void;
  readonly signal: AbortSignal;
}

/** How it is with one charon. */
export interface GatewayState {
  readonly socket: string;
  /** What keeps it from being looked at. */
  readonly trouble?: string;
  /** Of peers of ours. */
  readonly established: number;
  /** Peers that are kept out. */
  readonly refused: readonly string[];
}

/** One charon that is looked after. */
export interface TunnelGateway {
  /** Look at it now, after the look that is under way. Charon being away is told, and no error. @throws {CertError} STORE_… */
  look(): Promise<void>;
  state(): GatewayState;
  /** Never throws. */
  close(): void;
}

/** For connecting, and for each command: charon answers such at once, or not at all. */
const TIMEOUT_MS = 5000;

/** A peer without an IKE_SA for so long is no more between two of them. */
const IDLE_MS = 8000;

/** How soon to look again at a charon that has ended: a restart is over in a second. */
const BACK_MS = [500, 1000, 2000, 4000] as const;

/** Make what looks after the charon at a socket. */
export function tunnelGateway(context: GatewayContext, socket: string): TunnelGateway {
  const { store, clock, log, alarms, signal } = context;
  const judge = tunnelJudge(context);
  const seen = seenCertificates();
  const crls = tunnelCrls(context);
  const trust = tunnelTrust(context);
  const bans = tunnelBans(clock);
  const refusals = tunnelRefusals(clock);
  const redeployment = tunnelRedeployment(context);
  const idleSince = new Map<string, number>();
  /** What was logged last of peers that are away. */
  const saidOf = new Map<string, string>();
  let run: string | undefined;
  let trouble: string | undefined;
  /** A connection of its own: whoever is to be kept out has a tunnel for no longer than being told takes. */
  let events: IkeDaemon | undefined;
  /** Charon has said that these stand, and leaves them out of its lists: a peer keeps its own busy as long as it likes. */
  const announced = new Map<string, IkeAssociation>();
  let established = 0;
  let ids: ReadonlySet<string> = new Set();
  let keptOut: readonly string[] = [];
  let isClosed = false;

  const ahead = tunnelAhead(context, () => {
    if (!isClosed) void soon();
  });
  const look = inTurn(async () => {
    if (isClosed || signal.aborted) return;
    const all = await store.ipsecPeers.list();
    const deployed = (await store.deployments.charons()).filter((each) => each.socket === socket);
    const names = deployed.map(({ name }) => name);
    await lookAt(
      all.filter((peer) => peer.socket === socket),
      names,
    );
  });
  /** What goes wrong with the store is told at the next beat, by whoever waits for that. */
  const soon = (): Promise<void> => look().catch(() => {});

  const comeBack = async (): Promise<void> => {
    for (const ms of BACK_MS) {
      await clock.sleep(ms, signal);
      await soon();
      if (isClosed || events !== undefined) return;
    }
  };
  const listen = async (): Promise<void> => {
    if (events !== undefined) return;
    const told = await context.ike.open(socket, { timeoutMs: TIMEOUT_MS, signal });
    try {
      const collect = inTurn(async () => seen.note(await told.certificates()));
      await told.watch((association, isUp) => {
        if (isUp) announced.set(association.id, { ...association, state: 'ESTABLISHED' });
        else announced.delete(association.id);
        // Now, while charon still has them: a look may take the time of a responder that is silent.
        collect().catch(() => {});
        void soon();
      });
      await told.watchRekeyed((formerId, id) => {
        announced.delete(formerId);
        judge.rename(formerId, id);
      });
    } catch (error) {
      told.close();
      throw error;
    }
    events = told;
    void told.ended().then(() => {
      events = undefined;
      announced.clear();
      if (!isClosed && !signal.aborted) comeBack().catch(() => {});
    });
  };

  const refuse = async (
    daemon: IkeDaemon,
    peer: IpsecPeer,
    refused: readonly RefusedTunnel[],
    news: readonly RefusedTunnel[],
  ): Promise<void> => {
    const isOne = canBeKeptOut(peer);
    const ms = isOne ? bans.add(peer.name) : undefined;
    const pause = ms === undefined ? '' : `, and it is kept out for ${ms / 1000} s`;
    for (const { why, association } of news.slice(0, 1)) {
      log.warn(
        `IPsec peer "${peer.name}" at ${association.remoteHost} is refused: ${why}; its IKE_SA is ended${pause}`,
      );
    }
    if (isOne) await daemon.unloadConnection(peer.name);
    for (const each of refused) await daemon.terminate({ id: each.association.id });
    for (const { why } of news.slice(0, 1)) await alarms.raise(peer.name, why);
  };

  const judgeAll = async (
    daemon: IkeDaemon,
    peers: readonly IpsecPeer[],
    associations: readonly IkeAssociation[],
    version: string,
  ): Promise<void> => {
    const verdicts = await judge.judge(seen, peers, associations, version, signal);
    const { refused, unshown, accepted, revoked } = verdicts;
    const isMixed = unshown.some((each) => each.isMixed);
    const news = refused.filter((each) => refusals.isNews(each));
    if (news.length > 0 || isMixed) {
      // Otherwise it would be let in by what was said of it before.
      for (const cache of ['X509_CRL', 'OCSP_RESPONSE'] as const) await daemon.flush(cache);
    }
    for (const [peer, its] of Map.groupBy(refused, (each) => each.peer)) {
      const itsNews = news.filter((each) => each.peer === peer);
      await refuse(daemon, peer, its, itsNews);
    }
    if (isMixed) {
      // What is shown from then on is what somebody has shown it.
      seen.note(await daemon.certificates());
      await daemon.flush('X509');
    }
    for (const { peer, association } of unshown) {
      log.info(
        `IPsec peer "${peer.name}" has to authenticate itself anew: charon does not show with which certificate it did`,
      );
      await daemon.terminate({ id: association.id });
      if (peer.isInitiator) await begin(daemon, peer);
    }
    for (const { peer, why } of revoked) {
      const text = `IPsec peer "${peer.name}" has no IKE_SA, and would be refused: ${why}`;
      if (saidOf.get(peer.name) !== text) log.warn(text);
      saidOf.set(peer.name, text);
      await alarms.raise(peer.name, why);
    }
    for (const name of accepted) {
      if (refused.some(({ peer }) => peer.name === name) || refusals.isRecent(name)) continue;
      bans.forget(name);
      saidOf.delete(name);
      await alarms.end(name);
    }
  };

  /** Charon gives up in the end on a peer that is away for long. */
  const initiate = async (
    daemon: IkeDaemon,
    peers: readonly IpsecPeer[],
    associations: readonly IkeAssociation[],
  ): Promise<void> => {
    const now = clock.now().getTime();
    const there = new Set(associations.map(({ connection }) => connection));
    const loaded = new Set(await daemon.connections());
    keptOut = peers.map(({ name }) => name).filter((name) => bans.has(name) && !loaded.has(name));
    for (const { name, isInitiator, children } of peers) {
      if (!isInitiator || there.has(name) || bans.has(name) || !loaded.has(name)) {
        idleSince.delete(name);
        continue;
      }
      const since = idleSince.get(name);
      if (since === undefined || since > now) idleSince.set(name, now);
      else if (now - since >= IDLE_MS) {
        idleSince.delete(name);
        await begin(daemon, { name, children });
      }
    }
  };

  const lookWith = async (
    daemon: IkeDaemon,
    peers: readonly IpsecPeer[],
    names: readonly Label[],
  ): Promise<void> => {
    const isBack = trouble !== undefined || run === undefined;
    const { run: present } = await daemon.about();
    const isOther = present !== run;
    if (isOther) {
      judge.forget();
      seen.forget();
      ids = new Set();
      crls.forget();
      idleSince.clear();
    }
    await listen();
    const listed = await daemon.associations();
    for (const { id } of listed) announced.delete(id);
    const associations = [...listed, ...announced.values()];
    const standing = new Set(associations.map(({ id }) => id));
    const isMore = [...standing].some((id) => !ids.has(id));
    const isLess = [...ids].some((id) => !standing.has(id));
    // Of all that were there before it is known.
    if (isMore) seen.note(await daemon.certificates());
    const trusted = await trust(peers);
    if (isMore || isLess) await crls.learn(daemon, trusted);
    ids = standing;
    const found = await crls.find(trusted);
    const version = `${context.heard.version()} ${found.version}`;
    await judgeAll(daemon, peers, associations, version);
    if (signal.aborted) return;
    const wanted = peers.filter(({ name }) => !bans.has(name));
    const wants = { names, peers: wanted, trusted };
    if (await redeployment.look(daemon, socket, wants, isBack || isOther)) context.wake();
    run = present;
    await crls.load(daemon, found);
    if (ahead.isDue(trusted)) {
      // Whom charon keeps out it tells nobody of: what he has shown may name what it lacks.
      if (isAnyAway(peers, associations)) seen.note(await daemon.certificates());
      ahead.begin(trusted, seen);
    }
    await initiate(daemon, peers, associations);
    established = associations.filter(
      ({ state, connection }) =>
        state === 'ESTABLISHED' && peers.some(({ name }) => name === connection),
    ).length;
    trouble = undefined;
  };

  const noteTrouble = (error: CertError): void => {
    established = 0;
    if (error.message !== trouble) {
      log.warn(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`);
    }
    trouble = error.message;
  };

  const lookAt = async (peers: readonly IpsecPeer[], names: readonly Label[]): Promise<void> => {
    if (peers.length === 0 && names.length === 0) return;
    let daemon: IkeDaemon | undefined;
    try {
      daemon = await context.ike.open(socket, { timeoutMs: TIMEOUT_MS, signal });
      await lookWith(daemon, peers, names);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
      noteTrouble(error);
    } finally {
      daemon?.close();
    }
  };

  return {
    look,
    state: () => ({
      socket,
      ...(trouble !== undefined && { trouble }),
      established,
      refused: keptOut,
    }),
    close() {
      isClosed = true;
      events?.close();
    },
  };
}

/** Tell whether a peer has no IKE_SA. */
function isAnyAway(peers: readonly IpsecPeer[], associations: readonly IkeAssociation[]): boolean {
  const there = associations.filter(({ state }) => state === 'ESTABLISHED');
  return peers.some(({ name }) => !there.some(({ connection }) => connection === name));
}

/** Begin to set up a connection with all of its children; not waited for. */
async function begin(
  daemon: IkeDaemon,
  { name, children }: Pick<IpsecPeer, 'name' | 'children'>,
): Promise<void> {
  const [first, ...others] = children;
  await daemon.initiate(name, first?.name);
  for (const child of others) await daemon.initiate(name, child.name);
}
