import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseLabel, type Label } from '../../src/base/label.ts';
import { DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { serialOf } from '../../src/lifecycle/stored-certificate.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { simulatedCa, timeoutMs } from './ca.ts';
import { chance, nonEmpty } from './chance.ts';
import { worldClock } from './clock.ts';
import { inspector } from './inspector.ts';
import { simulatedMachine } from './machine.ts';
import { memoryFs } from './memory-fs.ts';
import { simulatedReceiver } from './receiver.ts';
import {
  beginTrouble,
  drawTrouble,
  partOf,
  stapleTroubles,
  type BegunTrouble,
  type StapleTrouble,
} from './staple-faults.ts';
import { plantStaples, type StaplePlant } from './staple-plants.ts';
import { simulatedResponder } from './staple-responder.ts';
import { stapleShelf } from './staple-shelf.ts';
import { stapleGuard, type BusiestMinute } from './staple-watch.ts';
import { Violation } from './violation.ts';

/** A world whose agent looks after OCSP responses. */
export interface StapleWorldOptions {
  readonly seed: number;
  /** Names with one endpoint, and names with five. */
  readonly single: number;
  readonly fivefold: number;
  readonly days: number;
  /** Empty, and removed at the end. */
  readonly directory: string;
  readonly plant?: StaplePlant;
  /** What goes wrong; everything when absent. */
  readonly kinds?: readonly [StapleTrouble, ...StapleTrouble[]];
  readonly onEvent?: (line: string) => void;
}

/** What happened in it. */
export interface StapleWorldReport {
  readonly seed: number;
  readonly certificates: number;
  readonly endpoints: number;
  readonly steps: number;
  readonly renewals: number;
  readonly asked: number;
  /** Per certificate and day, on average, and of the one that was asked about most. */
  readonly askedADay: number;
  readonly mostADay: number;
  /** Of the requests of a day, those of its busiest minute: the largest share there was. */
  readonly busiestMinute: BusiestMinute;
  readonly published: number;
  readonly withdrawn: number;
  readonly kills: number;
  readonly troubles: ReadonlyMap<StapleTrouble, number>;
  readonly trace: string;
  /** What did not hold, and at which step. */
  readonly violation?: { readonly step: number; readonly at: Date; readonly text: string };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const start = new Date('2027-01-01T00:00:00Z');

/** So often something goes wrong, on average. */
const troubleEveryMs = 10 * hourMs;

/** Clients refuse every tenth certificate without a response. */
const mustStapleEvery = 10;

/** Live through the days of a world, until they are over or something does not hold. */
export async function simulateStaples(options: StapleWorldOptions): Promise<StapleWorldReport> {
  const { seed, single, fivefold, days, directory, plant } = options;
  const luck = (what: string) => chance(seed, 'staples', what);
  const draw = luck('world');
  const clock = worldClock(start);
  const certificateDays = draw.pick([10, 20, 30]);
  const ca = await simulatedCa(join(directory, 'lab'), clock, luck('ca'), {
    validitySeconds: certificateDays * 86_400,
    implicitConfirm: draw.oneIn(2),
    ocsp: true,
    ocspUrls: ['http://ocsp.example/ocsp'],
    ocspValiditySeconds: draw.pick([24, 48, 96]) * 3600,
    // Half of the responders make a response for each request, the others give the same one for some time.
    ocspRenewalSeconds: draw.pick([0, 0, 3600, 6 * 3600]),
  });
  let trace = 0x811c9dc5;
  const tell = (text: string): void => {
    const line = `${new Date(clock.nowMs).toISOString()} ${text}`;
    for (let i = 0; i < line.length; i++) trace = Math.imul(trace ^ line.charCodeAt(i), 0x01000193);
    options.onEvent?.(line);
  };
  const responder = simulatedResponder(() => ca.lab, clock);
  const shelf = stapleShelf(clock, plant === 'never-withdrawn');
  const names = Array.from({ length: single + fivefold }, (_, i) =>
    parseLabel(`gw${i + 1}`, 'cert-name'),
  );
  const machine = await simulatedMachine({
    directory,
    clock,
    cas: new Map([['lab', ca]]),
    receiver: simulatedReceiver(clock, () => {}),
    fs: memoryFs(),
    names,
    mayGiveUp: () => true,
    trouble: { disk: 0, files: 0, hook: 0 },
    random: luck('ours'),
    draw: luck('processes'),
    staples: (image, store) => ({
      ask: responder.connect(image),
      ...shelf.connect(image, store),
    }),
    ...(plant && { plantStore: (store) => plantStaples(store, plant, clock) }),
    keys: names.length * (2 + Math.ceil((days * 2) / certificateDays)),
    tell,
  });
  await furnish();
  const inspect = inspector(join(directory, 'state', 'store.db'), [join(directory, 'lab/lab.db')]);
  const guard = stapleGuard({ clock, inspect, shelf, responder, endpoints: endpointsOf() });

  /** Everything is asked for in the first minutes: as when a configuration with all of them is applied. */
  async function furnish(): Promise<void> {
    const { lab } = ca;
    await machine.byPerson(async (context) => {
      const { store } = context;
      const profile = caProfile({
        label: parseLabel('lab', 'ca'),
        url: 'http://lab.example/pkix/',
        roots: [certificateDer(lab.authorities.root.certificate)],
        reference: DEFAULT_REFERENCE,
        pbm: { owf: 'sha256', mac: 'hmac-sha256', iterationCount: 100 },
        transactionDeadlineSeconds: 86_400,
        responseTimeoutSeconds: timeoutMs / 1000,
      });
      await store.authorities.put(profile, lab.secrets.get(DEFAULT_REFERENCE) ?? null);
      for (const [i, name] of names.entries()) {
        const extensions = i % mustStapleEvery === 0 ? [extension('tlsFeature', [5])] : [];
        await initialize(context, {
          name,
          wanted: { subject: parseName(`CN=${name}`), subjectAltNames: [], extensions },
          key: { type: 'generate', keyType: 'p-256' },
          credential: { type: 'mac' },
          waitSeconds: 0,
        });
        await store.nameSettings.set(name, 'auto-update-days', '5');
        await store.nameSettings.set(name, 'staple-revoked', 'renew');
      }
      for (const [name, label] of endpointsOf()) {
        const target = { type: 'file', file: `/etc/${name}-${label}.der` } as const;
        await store.staples.putEndpoint(name, { label, target });
      }
    });
  }

  function endpointsOf(): readonly (readonly [Label, Label])[] {
    return names.flatMap((name, i) =>
      Array.from(
        { length: i < single ? 1 : 5 },
        (_, at) => [name, parseLabel(`web${at + 1}`, 'to')] as const,
      ),
    );
  }

  const active = new Map<BegunTrouble['of'], BegunTrouble>();
  const troubles = new Map<StapleTrouble, number>();
  const fate = luck('troubles');
  const kinds = options.kinds;
  let nextTrouble = clock.nowMs + 6 * hourMs + fate.wait(troubleEveryMs);
  const site = {
    clock,
    responder,
    shelf,
    machine,
    async serial() {
      const { name } = fate.pick(nonEmpty(inspect.current()));
      const der = inspect.currentDer(name);
      return der && serialOf({ name, der });
    },
    inject: (fault: string) => ca.lab.responder.inject(fault),
    heal: () => ca.lab.responder.heal(),
    setCa: (isDown: boolean) => void (ca.weather.down = isDown ? 1 : 0),
  };

  async function turnOfEvents(): Promise<void> {
    for (const [of, trouble] of active) {
      if (trouble.until > clock.nowMs) continue;
      active.delete(of);
      tell(`over: what is wrong with ${of}`);
      await trouble.end();
      guard.hinderedUntil(of, clock.nowMs + trouble.graceMs);
    }
    if (nextTrouble > clock.nowMs) return;
    nextTrouble = clock.nowMs + fate.wait(troubleEveryMs);
    const kind = kinds ? fate.pick(kinds) : drawTrouble(fate);
    if (active.has(partOf(kind))) return;
    const trouble = await beginTrouble(kind, site, fate);
    tell(`begins: ${kind}`);
    troubles.set(kind, (troubles.get(kind) ?? 0) + 1);
    active.set(trouble.of, trouble);
    guard.hinderedUntil(trouble.of, Infinity);
  }

  let steps = 0;
  let renewals = 0;
  let violation: StapleWorldReport['violation'];
  const end = start.getTime() + days * dayMs;
  try {
    while (clock.nowMs < end) {
      steps++;
      await turnOfEvents();
      const { kills } = machine;
      await machine.run();
      guard.lived(machine.kills === kills && machine.isAtEase, machine.store);
      await guard.check();
      const at = [nextTrouble, ...[...active.values()].map(({ until }) => until)];
      at.push((await machine.next()) ?? Infinity);
      clock.advance(Math.max(1, Math.min(...at) - clock.nowMs));
    }
    guard.checkSpread();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = { step: steps, at: new Date(clock.nowMs), text: error.message };
  } finally {
    await machine.stop();
    renewals = guard.renewals();
    inspect.close();
    await ca.close();
    rmSync(directory, { recursive: true, force: true });
  }
  const lived = (clock.nowMs - start.getTime()) / dayMs;
  return {
    seed,
    certificates: names.length,
    endpoints: single + 5 * fivefold,
    steps,
    renewals,
    asked: responder.asked,
    askedADay: responder.asked / names.length / lived,
    mostADay: responder.mostADay,
    busiestMinute: guard.busiest(),
    published: shelf.published,
    withdrawn: shelf.withdrawn,
    kills: machine.kills,
    troubles,
    trace: (trace >>> 0).toString(16).padStart(8, '0'),
    ...(violation && { violation }),
  };
}

/** Which troubles there were, as people read it. */
export function troublesText({ troubles }: StapleWorldReport): string {
  return Object.keys(stapleTroubles)
    .map((kind) => [kind, [...troubles].find(([each]) => each === kind)?.[1] ?? 0] as const)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');
}
