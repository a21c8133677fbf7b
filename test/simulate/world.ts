import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseLabel } from '../../src/base/label.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { putWindow, type MaintenanceWindow } from '../../src/lifecycle/stored-windows.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { watchAlarms } from './alarm-watch.ts';
import { simulatedCa, timeoutMs, type SimulatedCa } from './ca.ts';
import { chance, nonEmpty } from './chance.ts';
import { worldClock } from './clock.ts';
import { beginFault, faultKinds, faultsOfCa, type BegunFault, type FaultKind } from './faults.ts';
import { watchHindrances } from './hindrances.ts';
import { inspector } from './inspector.ts';
import { watch, type WorldView } from './invariants.ts';
import { Violation } from './violation.ts';
import { calendar, drawWindows } from './window-watch.ts';
import { certs, simulatedMachine } from './machine.ts';
import { memoryFs } from './memory-fs.ts';
import { gatherPeople } from './people.ts';
import type { Plant } from './plants.ts';
import { simulatedReceiver, tellReceiver } from './receiver.ts';

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
  /** How many CAs there are, and when renewals may be begun; as chance has it when absent. */
  readonly cas?: 1 | 2;
  readonly windows?: readonly MaintenanceWindow[];
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
  /** Answered by the receiver. */
  readonly notifications: number;
  /** That were raised, and have ended. */
  readonly alarms: number;
  readonly added: number;
  readonly removed: number;
  readonly restored: number;
  readonly hasTwoCas: boolean;
  readonly hasWindows: boolean;
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

/** A certificate of an hour is warned of, renewed and warned of no more 36 times a day, and may fail to be delivered. */
const mostNotifications = 250;

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
  const names = Array.from({ length: gateways }, (_, i) => parseLabel(`gw${i + 1}`, 'cert-name'));
  // Who looks after many certificates may well have them from two CAs.
  const isWithTwo = gateways > 1 && draw.oneIn(2);
  const labels = (options.cas ?? (isWithTwo ? 2 : 1)) > 1 ? ['lab', 'other'] : ['lab'];
  const cas = new Map<string, SimulatedCa>();
  for (const label of labels) {
    const at = join(directory, label);
    cas.set(label, await simulatedCa(at, clock, luck(`ca ${label}`), usual));
  }
  const drawn = drawWindows(draw);
  const windows = options.windows ?? drawn;
  const fs = memoryFs();
  const trouble = { disk: 0, files: 0, hook: 0 };
  const faults = new Map<FaultKind, number>();
  let steps = 0;
  let trace = 0x811c9dc5;
  const tell = (text: string): void => {
    const line = `${new Date(clock.nowMs).toISOString()} ${text}`;
    for (let i = 0; i < line.length; i++) trace = Math.imul(trace ^ line.charCodeAt(i), 0x01000193);
    options.onEvent?.(line);
  };

  const receiver = simulatedReceiver(clock, ({ name, severity, certificate }) =>
    tell(`  told: ${name} ${severity} of "${certificate?.name ?? ''}"`),
  );
  const jumps: number[] = [];
  const machine = await simulatedMachine({
    directory,
    clock,
    cas,
    receiver,
    fs,
    names,
    mayGiveUp: () => jumps.some((at) => at > clock.nowMs - 9 * dayMs),
    trouble,
    random: luck('ours'),
    draw: luck('processes'),
    tell,
    ...(plant && { plant }),
  });
  const { byPerson } = machine;

  await byPerson(async ({ store }) => {
    const transactionDeadlineSeconds = draw.pick([3600, 86_400, 7 * 86_400]);
    for (const [label, { lab }] of cas) {
      const profile = caProfile({
        label: parseLabel(label, 'ca'),
        url: `http://${label}.example/pkix/`,
        roots: [certificateDer(lab.authorities.root.certificate)],
        reference: DEFAULT_REFERENCE,
        pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 100 },
        transactionDeadlineSeconds,
        responseTimeoutSeconds: timeoutMs / 1000,
      });
      await store.authorities.put(profile, lab.secrets.get(DEFAULT_REFERENCE) ?? null);
    }
    await tellReceiver(store);
    for (const [i, window] of windows.entries()) {
      await putWindow(store, { ...window, name: parseLabel(`w${i}`, 'window') });
    }
  });
  const inspect = inspector(
    join(directory, 'state', 'store.db'),
    labels.map((label) => join(directory, label, 'lab.db')),
  );
  const guard = watch(inspect);
  const alarms = watchAlarms(inspect, receiver);
  const people = gatherPeople({ clock, machine, inspect, names, labels, days, luck, tell });
  for (const name of names) {
    await people.add(name);
    clock.advance(draw.between(1, 10) * hourMs);
  }
  const hindrances = watchHindrances(labels, clock.nowMs);
  const wrong: [number, number][] = [];
  const astray = new Map<FaultKind, [number, number]>();
  const open = calendar(windows);
  const view = (): WorldView => ({
    nowMs: clock.nowMs,
    clearSince: (name) => hindrances.clearSince(people.caOf(name)),
    windows: open,
    jumps,
    wrong,
    days,
    files: fs.files,
    certs,
  });
  const check = async (): Promise<void> => {
    await guard.check(view(), machine.store);
    if (!machine.isAtEase || !machine.store) return;
    const oursMs = clock.nowMs + clock.offsetMs;
    const calmSince = hindrances.clearSince(undefined);
    await alarms.check({ nowMs: clock.nowMs, names, days, oursMs, calmSince }, machine.store);
  };

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
      if (fault.hinders) hindrances.end(kind, clock.nowMs);
      const period = astray.get(kind);
      if (period) period[1] = clock.nowMs;
    }
  }

  async function nextFaults(): Promise<void> {
    if (nextFault > clock.nowMs) return;
    nextFault = momentOfNextFault();
    const kind = fate.pick(options.kinds ?? faultKinds);
    if (active.has(kind)) return;
    await check();
    const label = fate.pick(nonEmpty(labels));
    const ca = cas.get(label);
    if (!ca) throw new Error(`There is no CA "${label}"`);
    const where = faultsOfCa.has(kind) ? label : undefined;
    tell(`begins: ${kind}${where === undefined ? '' : ` at ${where}`}`);
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
    if (leadsAstray.has(kind)) {
      const period: [number, number] = [clock.nowMs, Infinity];
      wrong.push(period);
      astray.set(kind, period);
    }
    const fault = await beginFault(kind, { ...faultSite, ca }, fate);
    if (fault.hinders) hindrances.begin(kind, where);
    active.set(kind, { ...fault, until: clock.nowMs + fault.lastsMs });
  }

  const faultSite = {
    clock,
    receiver,
    trouble,
    validitySeconds,
    kill: machine.kill,
    switchOff: machine.switchOff,
    restart: machine.stop,
    async revokeOne() {
      const row = fate.pick(nonEmpty(inspect.current()));
      const der = inspect.currentDer(row.name);
      const lab = cas.get(people.caOf(row.name) ?? '')?.lab;
      const found = (await lab?.certificates())?.find(
        (each) => der !== undefined && Buffer.compare(each.der, der) === 0,
      );
      if (found?.status !== 'current') return false;
      await lab?.revoke(found.id);
      return true;
    },
    jumped: () => void jumps.push(clock.nowMs),
  };

  async function nextStep(): Promise<void> {
    const at = [nextFault, ...people.times()];
    at.push(...[...active.values()].map(({ until }) => until));
    const ours = await machine.next();
    if (ours !== undefined) at.push(ours);
    clock.advance(Math.max(1, Math.min(...at) - clock.nowMs));
  }

  const end = start.getTime() + years * 365.25 * dayMs;
  let violation: WorldReport['violation'];
  let dayAt = clock.nowMs;
  const sentSoFar = (): number => [...cas.values()].reduce((sum, { sent }) => sum + sent, 0);
  let [stepsOfDay, sentBefore, heardBefore] = [0, sentSoFar(), receiver.heard];
  try {
    while (clock.nowMs < end) {
      steps++;
      if (clock.nowMs > dayAt + dayMs) {
        [dayAt, stepsOfDay, sentBefore, heardBefore] = [
          clock.nowMs,
          0,
          sentSoFar(),
          receiver.heard,
        ];
      }
      const sentToday = sentSoFar() - sentBefore;
      if (sentToday > mostMessages * names.length) {
        throw new Violation(`${sentToday} messages were sent within a day`);
      }
      const heardToday = receiver.heard - heardBefore;
      if (heardToday > mostNotifications * names.length) {
        throw new Violation(`${heardToday} notifications were sent within a day`);
      }
      if (++stepsOfDay > 3000) throw new Violation('it turns in a circle');
      await endFaults();
      await nextFaults();
      await machine.run();
      await check();
      await people.work({
        guard,
        view,
        check,
        isCalm: hindrances.clearSince(undefined) !== undefined,
      });
      await nextStep();
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    tell(`VIOLATION at step ${steps}: ${error.message}`);
    violation = { step: steps, at: new Date(clock.nowMs), text: error.message };
  } finally {
    await machine.stop();
    inspect.close();
    for (const ca of cas.values()) await ca.close();
    rmSync(directory, { recursive: true, force: true });
  }
  return {
    site,
    gateways,
    steps,
    ...guard.counts,
    messages: sentSoFar(),
    notifications: receiver.heard,
    alarms: alarms.ended,
    ...people.counts,
    kills: machine.kills,
    hasTwoCas: labels.length > 1,
    hasWindows: windows.length > 0,
    faults,
    trace: (trace >>> 0).toString(16).padStart(8, '0'),
    ...(violation && { violation }),
  };
}
