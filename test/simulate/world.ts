import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startAgent, type Agent, type AgentContext } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import { parseLabel, type Label } from '../../src/base/label.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { deliverFiles } from '../../src/deploy/files.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { removeCertificate } from '../../src/lifecycle/remove-certificate.ts';
import { historyLimit } from '../../src/lifecycle/setting-keys.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { simulatedCa, timeoutMs } from './ca.ts';
import { chance } from './chance.ts';
import { worldClock } from './clock.ts';
import { beginFault, faultKinds, type BegunFault, type FaultKind } from './faults.ts';
import { inspector } from './inspector.ts';
import { Violation, watch, type WorldView } from './invariants.ts';
import { pooledKeys } from './key-pool.ts';
import { memoryFs } from './memory-fs.ts';
import { planted, type Plant } from './plants.ts';
import { mortalFs, mortalStore, processImage, type ProcessImage } from './process-image.ts';

/** A world: one agent with its store, its certificates and its CA. */
export interface WorldOptions {
  readonly seed: number;
  /** Which of the worlds of this seed. */
  readonly site: number;
  /** How many certificates the agent looks after. */
  readonly gateways: number;
  readonly years: number;
  /** Empty, and removed at the end. */
  readonly directory: string;
  readonly plant?: Plant;
  /** Told what happens. */
  readonly onEvent?: (line: string) => void;
}

/** What happened in a world. */
export interface WorldReport {
  readonly site: number;
  readonly gateways: number;
  readonly steps: number;
  readonly renewals: number;
  readonly issued: number;
  readonly messages: number;
  readonly kills: number;
  readonly lapsed: number;
  readonly byHand: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** Of everything that happened: the same in every run. */
  readonly trace: string;
  /** What did not hold, and at which step. */
  readonly violation?: { readonly step: number; readonly at: Date; readonly text: string };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const start = new Date('2027-01-01T00:00:00Z');
const certs = '/etc/gateway';

/** So often something goes wrong, on average. */
const faultEveryMs = 20 * dayMs;

/** Live through the years of one world, until they are over or something does not hold. */
export async function simulateWorld(options: WorldOptions): Promise<WorldReport> {
  const { seed, site, gateways, years, directory, plant } = options;
  const luck = (what: string) => chance(seed, site, what);
  const clock = worldClock(start);
  const draw = luck('world');
  const validitySeconds = draw.pick([30, 47, 90, 90, 90, 200, 365]) * 86_400;
  const days = draw.pick([5, 10, 20, 30]);
  const usual = { validitySeconds, implicitConfirm: draw.oneIn(2) };
  const ca = await simulatedCa(join(directory, 'lab'), clock, luck('ca'), usual);
  const keys = await pooledKeys();
  const fs = memoryFs();
  const names = Array.from({ length: gateways }, (_, i) => parseLabel(`gw${i + 1}`, 'cert-name'));
  const trouble = { disk: 0, files: 0, hook: 0 };
  const faults = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const random = luck('ours');
  let [steps, kills, byHand, pids] = [0, 0, 0, 0];
  let trace = 0x811c9dc5;
  const tell = (text: string): void => {
    const line = `${new Date(clock.nowMs).toISOString()} ${text}`;
    for (let i = 0; i < line.length; i++) trace = Math.imul(trace ^ line.charCodeAt(i), 0x01000193);
    options.onEvent?.(line);
  };

  // The agent's process, which comes and goes.
  const livePids = new Set<number>();
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
    const opened = await openStore({
      directory: join(directory, 'state'),
      clock: { sleep: async () => {} },
      random,
      onWrite: () => image.tick(),
    });
    const mortal = mortalFs(fs, image, hindrance);
    const context: AgentContext = {
      store: mortalStore(planted(opened, plant), image, hindrance),
      clock: clock.ours,
      random,
      log: {
        debug() {},
        info: (message) => tell(`  ${message}`),
        warn: (message) => tell(`! ${message}`),
      },
      connect: () => ca.connect(image),
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
      retrieve: async () => {
        throw new CertError('NETWORK_UNREACHABLE', 'Cannot retrieve anything here');
      },
    };
    return { store: opened, context };
  }

  function newImage(): ProcessImage {
    const image = processImage(++pids, () => {
      livePids.delete(image.pid);
      kills++;
    });
    return image;
  }

  /** Whether the process is still there after some work. */
  async function alive(image: ProcessImage, work: Promise<unknown>): Promise<boolean> {
    return (await Promise.race([work.then(() => 'done' as const), image.died])) === 'done';
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
    const again = await openStore({ directory: join(directory, 'state'), clock: clock.ours, random });
    for (const name of names) {
      if (plant === 'forgets-request') {
        await again.transactions.clear(name, clock.ours.now(), []);
        continue;
      }
      const entry = (await again.schedule.all()).find((each) => each.name === name);
      if (entry) await again.schedule.plan(entry, undefined);
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

  async function runAgent(): Promise<void> {
    if (offUntil > clock.nowMs) return;
    if (!running) await boot();
    if (!running) return;
    const { image, agent, store } = running;
    if (!(await alive(image, agent.run()))) await bury(store);
    if (ended !== undefined) throw new Violation(`the agent ended: ${ended}`);
  }

  async function stop(): Promise<void> {
    if (!running) return;
    const { image, agent, store } = running;
    if (!(await alive(image, agent.stop().catch(() => {})))) {
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

  const begin = (name: Label) => async (context: LifecycleContext) => {
    await initialize(context, {
      name,
      wanted: { subject: parseName(`CN=${name},O=Simulated`), subjectAltNames: [] },
      key: { type: 'generate', keyType: 'p-256' },
      credential: { type: 'mac' },
      waitSeconds: 0,
    });
  };

  await byPerson(async ({ store }) => {
    const profile = caProfile({
      label: parseLabel('lab', 'ca'),
      url: 'http://lab.example/pkix/',
      roots: [certificateDer(ca.lab.authorities.root.certificate)],
      reference: DEFAULT_REFERENCE,
      pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 100 },
      transactionDeadlineSeconds: draw.pick([3600, 86_400, 7 * 86_400]),
      responseTimeoutSeconds: timeoutMs / 1000,
    });
    await store.authorities.put(profile, ca.lab.secrets.get(DEFAULT_REFERENCE) ?? null);
    await store.settings.set(historyLimit, '2000');
  });
  for (const name of names) {
    await byPerson(async (context) => {
      await begin(name)(context);
      await context.store.nameSettings.set(name, 'auto-update-days', String(days));
      if (draw.oneIn(3)) {
        await context.store.deployments.putHook(name, {
          command: ['/bin/true'],
          timeoutSeconds: 30,
        });
      }
    });
    clock.advance(draw.between(1, 10) * hourMs);
  }

  const inspect = inspector(join(directory, 'state', 'store.db'), join(directory, 'lab', 'lab.db'));
  const guard = watch(inspect);
  const hindering = new Set<FaultKind>();
  let clearSince: number | undefined = clock.nowMs;
  const jumps: number[] = [];
  const wrong: [number, number][] = [];
  const view = (): WorldView => ({
    nowMs: clock.nowMs,
    clearSince,
    jumps,
    wrong,
    days,
    files: fs.files,
    certs,
  });
  const check = (): Promise<void> => guard.check(view(), running?.store);

  const active = new Map<FaultKind, BegunFault & { readonly until: number }>();
  const fate = luck('faults');
  let nextFault = clock.nowMs + fate.wait(faultEveryMs);

  async function endFaults(): Promise<void> {
    for (const [kind, fault] of active) {
      if (fault.until > clock.nowMs) continue;
      active.delete(kind);
      tell(`over: ${kind}`);
      await fault.end();
      if (kind === 'killed again and again') toDie = undefined;
      if (fault.hinders) hindering.delete(kind);
      if (kind === 'wrong answers' || kind === 'certificates that have expired') {
        const last = wrong.at(-1);
        if (last) last[1] = clock.nowMs;
      }
      if (hindering.size === 0) clearSince ??= clock.nowMs;
    }
  }

  async function nextFaults(): Promise<void> {
    if (nextFault > clock.nowMs) return;
    nextFault = clock.nowMs + fate.wait(faultEveryMs);
    const kind = fate.pick(faultKinds as readonly [FaultKind, ...FaultKind[]]);
    if (active.has(kind)) return;
    await check();
    tell(`begins: ${kind}`);
    faults[kind]++;
    if (kind === 'wrong answers' || kind === 'certificates that have expired') {
      wrong.push([clock.nowMs, Infinity]);
    }
    const fault = await beginFault(kind, faultSite, fate);
    if (fault.hinders) {
      hindering.add(kind);
      clearSince = undefined;
    }
    active.set(kind, { ...fault, until: clock.nowMs + fault.lastsMs });
  }

  const faultSite = {
    clock,
    ca,
    trouble,
    validitySeconds,
    kill(instants: number, times: number) {
      running?.image.dieIn(instants);
      if (times > 1) toDie = { least: instants, times: times - 1 };
    },
    switchOff(ms: number) {
      running?.image.die();
      offUntil = clock.nowMs + ms;
    },
    restart: stop,
    async revokeOne() {
      const row = fate.pick(nonEmpty(inspect.current()));
      const der = inspect.currentDer(row.name);
      const found = (await ca.lab.certificates()).find(
        (each) => der !== undefined && Buffer.compare(each.der, der) === 0,
      );
      if (found?.status !== 'current') return false;
      await ca.lab.revoke(found.id);
      return true;
    },
    jumped: () => void jumps.push(clock.nowMs),
  };

  // Once a day somebody looks at what only people can put right.
  let nextRound = clock.nowMs + dayMs;
  async function round(): Promise<void> {
    if (nextRound > clock.nowMs) return;
    nextRound = clock.nowMs + dayMs;
    if (hindering.size > 0) return;
    const lost = new Set(guard.forPeople(clock.nowMs));
    const there = new Set(inspect.current().map(({ name }) => name));
    const waiting = inspect.outstanding();
    for (const name of names) {
      if (waiting.has(name) || (there.has(name) && !lost.has(name))) continue;
      byHand++;
      tell(`by hand: "${name}" gets another one`);
      await byPerson(async (context) => {
        if (there.has(name)) {
          await removeCertificate(context, { name, withFiles: false });
          guard.begunAnew(name);
        }
        await begin(name)(context);
        await context.store.nameSettings.set(name, 'auto-update-days', String(days));
      });
    }
  }

  async function nextStep(): Promise<void> {
    const at = [nextFault, nextRound, ...[...active.values()].map(({ until }) => until)];
    if (offUntil > clock.nowMs) at.push(offUntil);
    else if (!running) at.push(clock.nowMs + minuteMs);
    else {
      const { next, trouble: why } = await running.agent.status();
      // A beat comes once a minute; where the store cannot be used at all, not each of them is looked at.
      const soon = clock.nowMs + (why === undefined ? minuteMs : 20 * minuteMs);
      if (next) at.push(Math.max(soon, Math.ceil((next.getTime() - clock.offsetMs) / 1000) * 1000));
    }
    clock.advance(Math.max(1, Math.min(...at) - clock.nowMs));
  }

  const end = start.getTime() + years * 365.25 * dayMs;
  let violation: WorldReport['violation'];
  let dayAt = clock.nowMs;
  let stepsOfDay = 0;
  try {
    while (clock.nowMs < end) {
      steps++;
      if (clock.nowMs > dayAt + dayMs) [dayAt, stepsOfDay] = [clock.nowMs, 0];
      if (++stepsOfDay > 3000) throw new Violation('it turns in a circle');
      await endFaults();
      await nextFaults();
      if (running?.image.isDead) await bury(running.store);
      await runAgent();
      await check();
      await round();
      await nextStep();
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    tell(`VIOLATION at step ${steps}: ${error.message}`);
    violation = { step: steps, at: new Date(clock.nowMs), text: error.message };
  } finally {
    await stop();
    inspect.close();
    await ca.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return {
    site,
    gateways,
    steps,
    ...guard.counts,
    messages: ca.sent,
    kills,
    byHand,
    faults,
    trace: (trace >>> 0).toString(16).padStart(8, '0'),
    ...(violation && { violation }),
  };
}

function nonEmpty<T>(values: readonly T[]): readonly [T, ...T[]] {
  const [first, ...others] = values;
  if (first === undefined) throw new Violation('no certificate is left');
  return [first, ...others];
}
