import { join } from 'node:path';
import { startAgent, type Agent, type AgentContext } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import type { Label } from '../../src/base/label.ts';
import type { Random } from '../../src/base/random.ts';
import { deliverFiles } from '../../src/deploy/files.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import type { StaplePorts } from '../../src/lifecycle/staple-ports.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { SimulatedCa } from './ca.ts';
import type { Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';
import { Violation } from './violation.ts';
import { pooledKeys } from './key-pool.ts';
import type { MemoryFs } from './memory-fs.ts';
import type { Receiver } from './receiver.ts';
import { planted, type Plant } from './plants.ts';
import {
  mortalFs,
  mortalStore,
  processImage,
  writesOf,
  type ProcessImage,
} from './process-image.ts';
import { countChanges, readCache, type ReadCache } from './read-cache.ts';

/** What a machine is made of. */
export interface MachineParts {
  readonly directory: string;
  readonly clock: WorldClock;
  /** By label. */
  readonly cas: ReadonlyMap<string, SimulatedCa>;
  readonly receiver: Receiver;
  readonly fs: MemoryFs;
  readonly names: readonly Label[];
  /** How many things keep it from writing to its disk or files, and its hooks from working. */
  readonly trouble: { readonly disk: number; readonly files: number; readonly hook: number };
  readonly random: Random;
  readonly draw: Chance;
  readonly plant?: Plant;
  /** The age of what waits for the receiver is not what it seems: a clock was set. */
  readonly mayGiveUp: () => boolean;
  /** How a process of it reaches responders and endpoints of OCSP responses, where there are any. */
  readonly staples?: (image: ProcessImage, store: Store) => StaplePorts;
  /** Something is done to each store that is opened. */
  readonly plantStore?: (store: Store) => Store;
  /** How many keys are made beforehand, where that is not the usual number. */
  readonly keys?: number;
  readonly tell: (text: string) => void;
}

/** The machine the agent runs on: its process comes and goes, what it has written stays. */
export interface Machine {
  /** Processes that were killed. */
  readonly kills: number;
  /** The store, while the agent runs. */
  readonly store: Store | undefined;
  /** The agent runs, and its last run was without trouble. */
  readonly isAtEase: boolean;
  /** Let the agent do what is due; it is started when it is not there. @throws {Violation} when it has ended by itself */
  run(): Promise<void>;
  /** End it as the service manager does. */
  stop(): Promise<void>;
  /** Kill the agent so many instants from now, and so many times. */
  kill(instants: number, times: number): void;
  /** Kill it no more. */
  spare(): void;
  /** Keep it from running. */
  switchOff(ms: number): void;
  /** When there is something to do, in epoch milliseconds as they are. */
  next(): Promise<number | undefined>;
  /** Do what a person does, in a process of its own. @returns whether it worked */
  byPerson(work: (context: LifecycleContext) => Promise<unknown>): Promise<boolean>;
}

const minuteMs = 60_000;

/** In memory; who may write above a place is looked up on the real disk, so it is one that every machine has. */
export const certs = '/etc';

/** Set up a machine. */
export async function simulatedMachine(parts: MachineParts): Promise<Machine> {
  const { directory, clock, cas, receiver, fs, names, trouble, random, draw, plant, tell } = parts;
  const keys = await pooledKeys(parts.keys);
  let [kills, pids] = [0, 0];
  // The agent's process, which comes and goes.
  const livePids = new Set<number>();
  const changes = countChanges();
  let running:
    | { readonly image: ProcessImage; readonly store: Store; readonly agent: Agent }
    | undefined;
  let offUntil = 0;
  let toDie: { least: number; times: number } | undefined;

  const hindrance = {
    write: () => {
      if (trouble.disk > 0) throw new CertError('STORE_FULL', 'Cannot write: the disk is full');
    },
    change: () => {
      const code = trouble.files > 0 ? 'EACCES' : trouble.disk > 0 ? 'ENOSPC' : undefined;
      if (code !== undefined) throw Object.assign(new Error(`${code}: no`), { code });
    },
  };

  async function open(image: ProcessImage): Promise<{ store: Store; context: AgentContext }> {
    livePids.add(image.pid);
    let cache: ReadCache | undefined;
    const opened = await openStore({
      directory: join(directory, 'state'),
      clock: { sleep: async () => {} },
      random,
      onWrite() {
        cache?.wrote();
        image.tick();
      },
    });
    const isWriting = writesOf(opened);
    cache = readCache(opened, changes, isWriting);
    const { store } = cache;
    const watched = (parts.plantStore ?? same)(receiver.watched(store, parts.mayGiveUp));
    const mortal = mortalFs(fs, image, hindrance);
    const context: AgentContext = {
      store: mortalStore(planted(watched, plant), image, hindrance, isWriting),
      clock: clock.ours,
      random,
      log: {
        debug() {},
        info: (message) => tell(`  ${message}`),
        warn: (message) => tell(`! ${message}`),
      },
      connect(_url, { label }) {
        const ca = cas.get(label);
        if (ca === undefined) throw new Error(`There is no CA "${label}"`);
        return ca.connect(image);
      },
      openSender: receiver.connect(image),
      keys: async () => keys,
      deliver: (delivery) => deliverFiles({ ...delivery, fs: mortal }),
      async runCommand() {
        await image.live();
        const exitCode = trouble.hook > 0 ? 1 : 0;
        return { result: { type: 'exited', exitCode }, output: new Uint8Array() };
      },
      holder: { pid: image.pid, startedAt: '', host: 'here', boot: 'b', pidNamespace: 'n' },
      livenessOf: ({ pid }) => (livePids.has(pid) ? 'alive' : 'dead'),
      defaultCertStore: certs,
      ...(parts.staples && { staples: parts.staples(image, store) }),
      retrieve: async () => {
        throw new CertError('NETWORK_UNREACHABLE', 'Cannot retrieve anything here');
      },
    };
    return { store, context };
  }

  function newImage(): ProcessImage {
    const image = processImage(++pids, () => {
      livePids.delete(image.pid);
      kills++;
    });
    return image;
  }

  async function bury(store: Store): Promise<void> {
    await store.close();
    running = undefined;
    tell('killed');
    offUntil = Math.max(offUntil, clock.nowMs + draw.between(1, 30) * 1000);
    if (plant === 'plan-lost' || plant === 'forgets-request') await forget();
  }

  /** The bugs that are about what a killed process leaves. */
  async function forget(): Promise<void> {
    const again = await openStore({
      directory: join(directory, 'state'),
      clock: clock.ours,
      random,
    });
    for (const name of names) {
      if (plant === 'forgets-request') {
        await again.transactions.clear(name, clock.ours.now(), []);
        continue;
      }
      const entry = (await again.schedule.all()).find((each) => each.name === name);
      if (entry) await again.schedule.plan([{ entry, at: undefined }]);
    }
    await again.close();
  }

  async function boot(): Promise<void> {
    const image = newImage();
    if (toDie) {
      image.dieIn(draw.between(1, toDie.least));
      toDie = toDie.times > 1 ? { ...toDie, times: toDie.times - 1 } : undefined;
    }
    const opening = open(image);
    const { store, context } = await opening;
    const starting = startAgent(context, {
      names: 8,
      perCa: 4,
      beat: () => () => {},
      monotonicMs: () => clock.nowMs,
    });
    try {
      if (!(await alive(image, starting))) {
        await bury(store);
        return;
      }
    } catch (error) {
      // A full disk: the service manager starts it again.
      if (!(error instanceof CertError) || error.code !== 'STORE_FULL') throw error;
      await store.close();
      livePids.delete(image.pid);
      offUntil = clock.nowMs + 5 * minuteMs;
      return;
    }
    const agent = await starting;
    agent.ended.catch((error: unknown) => {
      ended = error instanceof Error ? error.message : String(error);
    });
    running = { image, store, agent };
  }
  let ended: string | undefined;
  let isAtEase = false;

  async function runAgent(): Promise<void> {
    if (offUntil > clock.nowMs) return;
    if (!running) await boot();
    if (!running) return;
    const { image, agent, store } = running;
    isAtEase = false;
    if (!(await alive(image, agent.run()))) await bury(store);
    else isAtEase = (await agent.status()).trouble === undefined;
    if (ended !== undefined) throw new Violation(`the agent ended: ${ended}`);
  }

  async function stop(): Promise<void> {
    if (!running) return;
    const { image, agent, store } = running;
    if (
      !(await alive(
        image,
        agent.stop().catch(() => {}),
      ))
    ) {
      await bury(store);
      return;
    }
    await store.close();
    livePids.delete(image.pid);
    running = undefined;
  }

  // What a person does, in a process of its own.
  async function byPerson(work: (context: LifecycleContext) => Promise<unknown>): Promise<boolean> {
    const image = newImage();
    const { store, context } = await open(image);
    try {
      await work(context);
      return true;
    } catch (error) {
      if (!(error instanceof CertError)) throw error;
      tell(`by hand: ${error.code} ${error.message}`);
      return false;
    } finally {
      await store.close();
      livePids.delete(image.pid);
    }
  }

  return {
    get kills() {
      return kills;
    },
    get store() {
      return running?.store;
    },
    get isAtEase() {
      return running !== undefined && isAtEase;
    },
    async run() {
      // It may have died between two of its turns.
      if (running?.image.isDead) await bury(running.store);
      await runAgent();
    },
    stop,
    kill(instants, times) {
      running?.image.dieIn(instants);
      if (times > 1) toDie = { least: instants, times: times - 1 };
    },
    spare() {
      toDie = undefined;
    },
    switchOff(ms) {
      running?.image.die();
      offUntil = clock.nowMs + ms;
    },
    async next() {
      if (offUntil > clock.nowMs) return offUntil;
      if (!running) return clock.nowMs + minuteMs;
      const { next, trouble: why } = await running.agent.status();
      if (!next) return undefined;
      // A beat comes once a minute; where the store cannot be used at all, not each of them is looked at.
      const soon = clock.nowMs + (why === undefined ? minuteMs : 20 * minuteMs);
      return Math.max(soon, Math.ceil((next.getTime() - clock.offsetMs) / 1000) * 1000);
    },
    byPerson,
  };
}

function same(store: Store): Store {
  return store;
}

/** Whether the process is still there after some work. */
async function alive(image: ProcessImage, work: Promise<unknown>): Promise<boolean> {
  return (await Promise.race([work.then(() => 'done' as const), image.died])) === 'done';
}
