import { faults as labFaults } from '../../src/ca/fault.ts';
import type { Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';
import type { SimulatedCa, Weather } from './ca.ts';
import type { Receiver } from './receiver.ts';

/** Everything that goes wrong in a simulated world. */
export const faultKinds = [
  'CA down',
  'CA silent',
  'CA behind a proxy that says 503',
  'CA slow',
  'answers too late',
  'pkiconf lost',
  'CA waits',
  'wrong answers',
  'requests refused',
  'clock ahead',
  'clock behind',
  'killed at a write',
  'killed again and again',
  'switched off',
  'restarted',
  'disk full',
  'lives cut short',
  'certificates that have expired',
  'certificate revoked',
  'hook fails',
  'files cannot be written',
  'receiver gone',
] as const;

/** One thing that goes wrong. */
export type FaultKind = (typeof faultKinds)[number];

/** What is about one CA, where there are several. */
export const faultsOfCa: ReadonlySet<FaultKind> = new Set([
  'CA down',
  'CA silent',
  'CA behind a proxy that says 503',
  'CA slow',
  'answers too late',
  'pkiconf lost',
  'CA waits',
  'wrong answers',
  'requests refused',
  'lives cut short',
  'certificates that have expired',
]);

/** What faults act on. */
export interface FaultSite {
  readonly clock: WorldClock;
  /** The one that it is about. */
  readonly ca: SimulatedCa;
  readonly receiver: Receiver;
  readonly trouble: { disk: number; files: number; hook: number };
  /** The usual lifetime. */
  readonly validitySeconds: number;
  /** Kill the agent so many instants from now, and so many times. */
  kill(instants: number, times: number): void;
  /** Keep the agent from running. */
  switchOff(ms: number): void;
  restart(): Promise<void>;
  revokeOne(): Promise<boolean>;
  /** The clock was set. */
  jumped(): void;
}

/** A fault that has begun. */
export interface BegunFault {
  readonly lastsMs: number;
  /** It may keep certificates from being renewed. */
  readonly hinders: boolean;
  end(): Promise<void> | void;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Faults of the lab that are about answers an update gets; huge ones and endless ones cost too much. */
const wrongAnswers = Object.keys(labFaults).filter((name) => {
  const { where } = labFaults[name] ?? {};
  return where !== undefined && where !== 'http' && !/endless|100mb|huge|poll/.test(name);
});

const once: BegunFault = { lastsMs: 0, hinders: false, end() {} };

/** Begin a fault. */
export async function beginFault(
  kind: FaultKind,
  site: FaultSite,
  luck: Chance,
): Promise<BegunFault> {
  const { clock, ca, trouble, receiver } = site;
  const weather = (what: keyof Weather, lastsMs: number, hinders = true): BegunFault => {
    ca.weather[what]++;
    return { lastsMs, hinders, end: () => void ca.weather[what]-- };
  };
  const settings = (
    changes: Parameters<SimulatedCa['set']>[0],
    lastsMs: number,
    hinders = true,
  ): BegunFault => {
    const before = Object.fromEntries(
      Object.keys(changes).map((key) => [key, Reflect.get(ca.lab.settings, key)]),
    );
    ca.set(changes);
    return { lastsMs, hinders, end: () => ca.set(before) };
  };
  const inject = (names: readonly string[], lastsMs: number): BegunFault => {
    for (const name of names) ca.lab.inject(name);
    return { lastsMs, hinders: true, end: () => ca.recover() };
  };
  // Most troubles are over in hours, some last for days, a few for weeks.
  const some = (): number =>
    luck.oneIn(8) ? luck.between(3, 20) * dayMs : luck.between(5, 72 * 60) * minuteMs;
  switch (kind) {
    case 'CA down':
      return weather('down', some());
    case 'CA silent':
      return weather('silent', some());
    case 'CA behind a proxy that says 503':
      return weather('gateway', some());
    case 'CA slow':
      return weather('slow', some(), false);
    case 'answers too late':
      return weather('late', luck.between(5, 24 * 60) * minuteMs);
    case 'pkiconf lost':
      ca.weather.lostConfirmations = luck.between(1, 3);
      return { ...once, lastsMs: some(), end: () => void (ca.weather.lostConfirmations = 0) };
    case 'CA waits':
      return settings(
        {
          polls: luck.between(1, 12),
          checkAfterSeconds: luck.pick([60, 3600, 6 * 3600, 86_400, 2 * 86_400]),
        },
        some(),
      );
    case 'wrong answers':
      return inject(
        Array.from(
          { length: luck.between(1, 4) },
          () => `${luck.pick(nonEmpty(wrongAnswers))}*${luck.between(1, 10)}`,
        ),
        some(),
      );
    case 'requests refused':
      return settings(
        { refuse: luck.pick(['notAuthorized', 'badRequest', 'systemUnavail', 'systemFailure']) },
        some(),
      );
    case 'clock ahead':
    case 'clock behind': {
      const ms = luck.pick([90, 3600, 86_400, 40 * 86_400, 400 * 86_400]) * 1000;
      const offset = kind === 'clock ahead' ? ms : -ms;
      clock.offsetMs += offset;
      site.jumped();
      return {
        lastsMs: luck.between(10, 5 * 24 * 60) * minuteMs,
        hinders: true,
        end() {
          clock.offsetMs -= offset;
          site.jumped();
        },
      };
    }
    case 'killed at a write':
      site.kill(luck.between(1, 60), 1);
      return once;
    case 'killed again and again':
      site.kill(luck.between(1, 25), luck.between(3, 30));
      return { ...once, lastsMs: luck.between(10, 12 * 60) * minuteMs, hinders: true };
    case 'switched off': {
      const lastsMs = some();
      site.switchOff(lastsMs);
      return { ...once, lastsMs, hinders: true };
    }
    case 'restarted':
      await site.restart();
      return once;
    case 'disk full':
      trouble.disk++;
      return { lastsMs: some(), hinders: true, end: () => void trouble.disk-- };
    case 'lives cut short': {
      const seconds = luck.pick([3600, 86_400, 7 * 86_400, 30 * 86_400]);
      // A certificate of an hour is renewed 36 times a day.
      const hours = seconds === 3600 ? luck.between(4, 30) : luck.between(24, 72);
      return settings({ validitySeconds: seconds }, hours * hourMs, false);
    }
    case 'certificates that have expired':
      return inject([`expired-certificate*${luck.between(1, 12)}`], some());
    case 'certificate revoked':
      await site.revokeOne();
      return once;
    case 'hook fails':
      trouble.hook++;
      return { lastsMs: some(), hinders: false, end: () => void trouble.hook-- };
    case 'receiver gone':
      receiver.gone++;
      return { lastsMs: some(), hinders: false, end: () => void receiver.gone-- };
    case 'files cannot be written':
      trouble.files++;
      return { lastsMs: some(), hinders: false, end: () => void trouble.files-- };
  }
}

function nonEmpty(names: readonly string[]): readonly [string, ...string[]] {
  const [first, ...others] = names;
  if (first === undefined) throw new Error('The lab has no faults');
  return [first, ...others];
}
