import { CertError } from '../base/errors.ts';
import { perform, type PerformContext } from '../scheduler/perform.ts';
import { readName } from '../scheduler/read-name.ts';
import { runDue, type RunReport } from '../scheduler/runner.ts';
import { readWindows } from '../lifecycle/stored-windows.ts';
import type { CrlRefresher } from '../validation/crl-refresh.ts';
import { agentActor } from './actor.ts';
import { becomeAgent } from './agent-lease.ts';
import type { NotifierContext } from './notifier.ts';
import { rememberClock, watchClock } from './clock-watch.ts';
import { startSending } from './sending.ts';
import type { WatchedValidation } from './watched-validation.ts';
import { createWatching } from './watching.ts';

/** How the agent is run. */
export interface AgentOptions {
  /** Names worked on at a time. */
  readonly names: number;
  /** Requests to one CA at a time. */
  readonly perCa: number;
  /** Call back again and again, at least once a minute. @returns what ends that */
  beat(tick: () => void): () => void;
  /** Milliseconds since any moment, by a clock that nobody sets. */
  monotonicMs(): number;
  /** Call back once after so many milliseconds, a minute at most; absent: nothing is done sooner than the beat says. */
  readonly later?: (tick: () => void, ms: number) => void;
  /** What is done beside the certificates, such as backups; looked at after each run. */
  readonly beside?: {
    /** @throws {CertError} what nobody can go on after; all else it keeps to itself */
    look(): Promise<void>;
  };
  /** Configured CRLs, which are fetched before they end. */
  readonly crls?: Pick<CrlRefresher, 'refreshDue'>;
  /** What is counted and told of judging peers; looked at after the CRLs. */
  readonly validation?: Pick<WatchedValidation, 'look'>;
}

/** What `agent status` tells. */
export interface AgentStatus {
  readonly startedAt: Date;
  readonly runs: number;
  readonly lastRun?: { readonly at: Date; readonly report: RunReport };
  /** When the run began that is under way. */
  readonly busySince?: Date;
  /** When there is something to do next, as far as is known. */
  readonly next?: Date;
  /** The last thing that kept it from working at all. */
  readonly trouble?: string;
}

/** The agent of a store, at work. */
export interface Agent {
  status(): Promise<AgentStatus>;
  /** Look now what is due. @returns when all of that is done */
  look(): Promise<void>;
  /** Send what is to be told. @returns when that was tried, which may take the time of silent receivers */
  send(): Promise<void>;
  /** Look, then send. */
  run(): Promise<void>;
  /** End: what is under way is let come to where it can be gone on with. */
  stop(): Promise<void>;
  /** Settles when it has ended; throws when it could not go on. */
  readonly ended: Promise<void>;
}

/** What the agent stands on. */
export type AgentContext = Omit<PerformContext, 'actor'> & Pick<NotifierContext, 'openSender'>;

/** The beat comes after that anyhow: no timer has to outlast a clock that is set, or a sleep. */
const longestMs = 60_000;

/** What is due within so long is looked at together. */
const leastMs = 1000;

/** What nobody can go on after; everything else is tried again at the next beat. */
const fatal: ReadonlySet<string> = new Set([
  'STORE_CORRUPT',
  'STORE_NEWER',
  'STORE_KEY_WRONG',
  'IN_PROGRESS',
]);

function isFatal(error: unknown): boolean {
  return error instanceof CertError && fatal.has(error.code);
}

/**
 * Become the agent of a store and do what is due: at once what was due while there was none, then with every beat.
 *
 * @throws {CertError} IN_PROGRESS when there is one already
 */
export async function startAgent(services: AgentContext, options: AgentOptions): Promise<Agent> {
  const { store, clock, log, holder } = services;
  const lease = await becomeAgent(services);
  const startedAt = clock.now();
  const ending = new AbortController();
  const timeOfDay = (): number => clock.now().getTime();
  const jumped = watchClock(timeOfDay, options.monotonicMs);
  const wasSetBack = rememberClock(store, timeOfDay);
  const context = {
    ...services,
    signal: ending.signal,
    actor: agentActor(holder),
    comesBack: true,
  };
  const seen: {
    runs: number;
    lastRun?: NonNullable<AgentStatus['lastRun']>;
    busySince?: Date;
    trouble?: string;
  } = { runs: 0 };
  const end = Promise.withResolvers<void>();
  const watching = createWatching(services);
  const { monotonicMs, later } = options;
  const sending = startSending({ ...services, monotonicMs, signal: ending.signal }, later);

  // Between two beats: what is due then is announced to the second.
  let timerFor: number | undefined;
  const setTimer = async (): Promise<void> => {
    const now = timeOfDay();
    // What is overdue is being done, or waits for the next beat.
    const at = (await store.schedule.next(new Date(now)))?.getTime();
    if (at === undefined || at - now >= longestMs || (timerFor ?? Infinity) <= at) return;
    timerFor = at;
    later?.(
      () => {
        timerFor = undefined;
        tick();
      },
      Math.max(leastMs, at - now),
    );
  };

  let wanted = Promise.withResolvers<void>();
  const prepare = async (): Promise<void> => {
    await lease.keep();
    const jump = jumped();
    if (jump !== undefined) {
      log.warn(
        `the clock has jumped by ${Math.round(jump.ms / 1000)} s; everything is looked at again`,
      );
      await store.schedule.wake();
    }
    if (await wasSetBack()) log.info('the clock was set back; everything is looked at again');
    await watching.begin();
  };
  const once = async (): Promise<void> => {
    const report = await runDue({
      schedule: store.schedule,
      clock,
      log,
      async windows() {
        // What is under way is waited for: it ends now where nobody can go on.
        await prepare().catch(endIfFatal);
        await setTimer();
        return readWindows(store);
      },
      wanted: () => (wanted = Promise.withResolvers()).promise,
      async look(name) {
        const reading = await readName(store, name, clock.now());
        return {
          facts: reading?.schedule,
          watch: (around) => watching.name(name, reading, around),
        };
      },
      async perform(job) {
        await lease.keepOn();
        return perform(context, job);
      },
      limits: options,
      signal: ending.signal,
    });
    watching.end();
    seen.runs++;
    seen.lastRun = { at: clock.now(), report };
    delete seen.trouble;
    await setTimer();
  };

  const giveUp = (error: unknown): void => {
    ending.abort();
    end.reject(error);
  };
  const endIfFatal = (error: unknown): never => {
    if (isFatal(error)) giveUp(error);
    throw error;
  };
  const trouble = (error: unknown, doing: string): void => {
    const text = error instanceof Error ? error.message : String(error);
    seen.trouble = text;
    log.warn(`the agent could not ${doing}: ${text}`);
    if (isFatal(error)) giveUp(error);
  };

  // One run at a time; what was asked for meanwhile is one more run after it.
  let running: Promise<void> | undefined;
  let isWanted = false;
  const loop = async (): Promise<void> => {
    while (isWanted && !ending.signal.aborted) {
      isWanted = false;
      seen.busySince = clock.now();
      try {
        await once();
      } catch (error) {
        trouble(error, 'look what is due');
      } finally {
        delete seen.busySince;
      }
    }
  };
  const look = async (): Promise<void> => {
    isWanted = true;
    wanted.resolve();
    running ??= loop().finally(() => {
      running = undefined;
    });
    await running;
  };
  const { send } = sending;
  let refreshing: Promise<void> | undefined;
  const refresh = async (): Promise<void> => {
    const { signal } = ending;
    const guarded = async (work: Promise<void> | undefined, what: string): Promise<void> => {
      await work?.catch((error: unknown) => {
        if (!signal.aborted) trouble(error, what);
      });
    };
    const both = async (): Promise<void> => {
      await guarded(options.crls?.refreshDue(signal), 'fetch CRLs');
      if (signal.aborted) return;
      await guarded(options.validation?.look(signal), 'look at what peers are judged by');
    };
    refreshing ??= both().finally(() => {
      refreshing = undefined;
    });
    await refreshing;
  };
  const run = async (): Promise<void> => {
    await look();
    await send();
    if (ending.signal.aborted) return;
    await options.beside?.look().catch((error: unknown) => trouble(error, 'look after its store'));
    if (!ending.signal.aborted) await refresh();
  };

  const tick = (): void => {
    if (ending.signal.aborted) return;
    // What is to be told does not wait for a slow CA, nor do those who judge peers.
    if (running !== undefined) {
      void send();
      void refresh();
    }
    void run();
  };
  const endBeat = options.beat(tick);
  void run();
  ending.signal.addEventListener('abort', () => endBeat(), { once: true });
  return {
    look,
    send,
    run,
    ended: end.promise,
    async stop() {
      ending.abort();
      await running;
      await refreshing;
      await sending.stop();
      await lease.release();
      end.resolve();
    },
    async status() {
      const [next] = [await store.schedule.next(), sending.next()]
        .filter((at) => at !== undefined)
        .toSorted((a, b) => a.getTime() - b.getTime());
      return { startedAt, ...seen, ...(next && { next }) };
    },
  };
}
