import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseLabel, type Label } from '../../src/base/label.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { removeCertificate } from '../../src/lifecycle/remove-certificate.ts';
import { historyLimit } from '../../src/lifecycle/setting-keys.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { simulatedCa, timeoutMs } from './ca.ts';
import { chance } from './chance.ts';
import { worldClock } from './clock.ts';
import { beginFault, faultKinds, type BegunFault, type FaultKind } from './faults.ts';
import { inspector } from './inspector.ts';
import { Violation, watch, type WorldView } from './invariants.ts';
import { certs, simulatedMachine } from './machine.ts';
import { memoryFs } from './memory-fs.ts';
import type { Plant } from './plants.ts';

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
  /** What goes wrong; everything when absent. */
  readonly kinds?: readonly [FaultKind, ...FaultKind[]];
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
  readonly faults: ReadonlyMap<FaultKind, number>;
  /** Of everything that happened: the same in every run. */
  readonly trace: string;
  /** What did not hold, and at which step. */
  readonly violation?: { readonly step: number; readonly at: Date; readonly text: string };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const start = new Date('2027-01-01T00:00:00Z');

/** So often something goes wrong, on average. */
const faultEveryMs = 20 * dayMs;

/** What makes us refuse a certificate that the CA then takes for ours: by a clock that is wrong it may be over, too. */
const leadsAstray: ReadonlySet<FaultKind> = new Set([
  'wrong answers',
  'certificates that have expired',
  'clock ahead',
  'clock behind',
]);

/** A certificate of an hour is renewed 36 times a day, with a message or three each; all else asks far less often. */
const mostMessages = 150;

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
  const fs = memoryFs();
  const names = Array.from({ length: gateways }, (_, i) => parseLabel(`gw${i + 1}`, 'cert-name'));
  const trouble = { disk: 0, files: 0, hook: 0 };
  const faults = new Map<FaultKind, number>();
  let [steps, byHand] = [0, 0];
  let trace = 0x811c9dc5;
  const tell = (text: string): void => {
    const line = `${new Date(clock.nowMs).toISOString()} ${text}`;
    for (let i = 0; i < line.length; i++) trace = Math.imul(trace ^ line.charCodeAt(i), 0x01000193);
    options.onEvent?.(line);
  };

  const machine = await simulatedMachine({
    directory,
    clock,
    ca,
    fs,
    names,
    trouble,
    random: luck('ours'),
    draw: luck('processes'),
    tell,
    ...(plant && { plant }),
  });
  const { byPerson } = machine;

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
  const astray = new Map<FaultKind, [number, number]>();
  const view = (): WorldView => ({
    nowMs: clock.nowMs,
    clearSince,
    jumps,
    wrong,
    days,
    files: fs.files,
    certs,
  });
  const check = (): Promise<void> => guard.check(view(), machine.store);

  const active = new Map<FaultKind, BegunFault & { readonly until: number }>();
  const fate = luck('faults');
  let nextFault = clock.nowMs + fate.wait(faultEveryMs);

  /** Half of them come when something is about to be renewed: that is when they hurt. */
  function momentOfNextFault(): number {
    const at = clock.nowMs + fate.wait(faultEveryMs);
    const name = fate.pick(nonEmpty(names));
    const earlier = fate.between(-2 * hourMs, 12 * hourMs);
    if (fate.oneIn(2)) return at;
    const renewal = (inspect.nextAt(name) ?? 0) - clock.offsetMs;
    return renewal > clock.nowMs ? Math.max(clock.nowMs + minuteMs, renewal - earlier) : at;
  }

  async function endFaults(): Promise<void> {
    for (const [kind, fault] of active) {
      if (fault.until > clock.nowMs) continue;
      active.delete(kind);
      tell(`over: ${kind}`);
      await fault.end();
      if (kind === 'killed again and again') machine.spare();
      if (fault.hinders) hindering.delete(kind);
      const period = astray.get(kind);
      if (period) period[1] = clock.nowMs;
      if (hindering.size === 0) clearSince ??= clock.nowMs;
    }
  }

  async function nextFaults(): Promise<void> {
    if (nextFault > clock.nowMs) return;
    nextFault = momentOfNextFault();
    const kind = fate.pick(options.kinds ?? faultKinds);
    if (active.has(kind)) return;
    await check();
    tell(`begins: ${kind}`);
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
    if (leadsAstray.has(kind)) {
      const period: [number, number] = [clock.nowMs, Infinity];
      wrong.push(period);
      astray.set(kind, period);
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
    kill: machine.kill,
    switchOff: machine.switchOff,
    restart: machine.stop,
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

  // Once a week somebody looks at what only people can put right.
  let nextRound = clock.nowMs + 7 * dayMs;
  async function round(): Promise<void> {
    if (nextRound > clock.nowMs) return;
    nextRound = clock.nowMs + 7 * dayMs;
    if (hindering.size > 0) return;
    const lost = new Set(guard.forPeople(view()));
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
        // First: what cannot be delivered at once is renewed all the same.
        await context.store.nameSettings.set(name, 'auto-update-days', String(days));
        await begin(name)(context);
      });
    }
  }

  async function nextStep(): Promise<void> {
    const at = [nextFault, nextRound, ...[...active.values()].map(({ until }) => until)];
    const ours = await machine.next();
    if (ours !== undefined) at.push(ours);
    clock.advance(Math.max(1, Math.min(...at) - clock.nowMs));
  }

  const end = start.getTime() + years * 365.25 * dayMs;
  let violation: WorldReport['violation'];
  let dayAt = clock.nowMs;
  let [stepsOfDay, sentBefore] = [0, ca.sent];
  try {
    while (clock.nowMs < end) {
      steps++;
      if (clock.nowMs > dayAt + dayMs) [dayAt, stepsOfDay, sentBefore] = [clock.nowMs, 0, ca.sent];
      const sentToday = ca.sent - sentBefore;
      if (sentToday > mostMessages * gateways) {
        throw new Violation(`${sentToday} messages were sent within a day`);
      }
      if (++stepsOfDay > 3000) throw new Violation('it turns in a circle');
      await endFaults();
      await nextFaults();
      await machine.run();
      await check();
      await round();
      await nextStep();
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    tell(`VIOLATION at step ${steps}: ${error.message}`);
    violation = { step: steps, at: new Date(clock.nowMs), text: error.message };
  } finally {
    await machine.stop();
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
    kills: machine.kills,
    byHand,
    faults,
    trace: (trace >>> 0).toString(16).padStart(8, '0'),
    ...(violation && { violation }),
  };
}

/** Get the first certificate of a name. */
const begin = (name: Label) => async (context: LifecycleContext) => {
  await initialize(context, {
    name,
    wanted: { subject: parseName(`CN=${name},O=Simulated`), subjectAltNames: [] },
    key: { type: 'generate', keyType: 'p-256' },
    credential: { type: 'mac' },
    waitSeconds: 0,
  });
};

function nonEmpty<T>(values: readonly T[]): readonly [T, ...T[]] {
  const [first, ...others] = values;
  if (first === undefined) throw new Violation('no certificate is left');
  return [first, ...others];
}
