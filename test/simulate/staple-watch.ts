import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import type { Store } from '../../src/store/store.ts';
import type { WorldClock } from './clock.ts';
import type { Inspector } from './inspector.ts';
import type { SimulatedResponder } from './staple-responder.ts';
import type { Shelf } from './staple-shelf.ts';
import { Violation } from './violation.ts';

/** What is looked at. */
export interface Watched {
  readonly clock: WorldClock;
  readonly inspect: Inspector;
  readonly shelf: Shelf;
  readonly responder: SimulatedResponder;
  /** Name and label of each. */
  readonly endpoints: readonly (readonly [string, string])[];
}

/** The minute of all in which most of the requests of its day were sent. */
export interface BusiestMinute {
  readonly asked: number;
  /** Of the day around it. */
  readonly share: number;
  readonly at: Date;
}

/** Looks whether everything holds. */
export interface StapleGuard {
  /** Something keeps responses from coming until then; by what it is that is wrong. */
  hinderedUntil(of: string, at: number): void;
  /** A run of the agent is over; whether it came to its end, and all was well. */
  lived(atEase: boolean, store: Store | undefined): void;
  /** @throws {Violation} */
  check(): Promise<void>;
  /** Look at how requests were spread, once all is over. @throws {Violation} */
  checkSpread(): void;
  busiest(): BusiestMinute;
  /** Certificates that were issued after the first of each name. */
  renewals(): number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** What can be seen only by looking at everything is looked at so often. */
const wholeEveryMs = 10 * minuteMs;

/** No minute has more than this of the requests of the day around it, beyond what a few names have by chance. */
const MOST_SHARE = 0.04;
const FEW = 12;

/** An agent that was away for so long has something to make up for, and so has a new one: that is done at once. */
const AWAY_MS = 20 * minuteMs;

/** What comes to nothing then is tried again after 1, 2, 4, 8 and 16 minutes, by all of them about together. */
const MAKING_UP_MS = 45 * minuteMs;

/** Begin to watch a world. */
export function stapleGuard(watched: Watched): StapleGuard {
  const { clock, inspect, shelf, responder, endpoints } = watched;
  const hindered = new Map<string, number>();
  const names = new Set(endpoints.map(([name]) => name));
  /** Since when there is no agent, or it is not well; at first there is none. */
  let awaySince: number | undefined = clock.nowMs - dayMs;
  let running: Store | undefined;
  /** Minutes that do not count. */
  const madeUp = new Set<number>();
  let [wholeAt, calmAt] = [clock.nowMs, clock.nowMs];

  const makeUp = (from: number, until: number): void => {
    for (let at = Math.max(from, until - dayMs); at <= until; at += minuteMs) {
      madeUp.add(Math.floor(at / minuteMs));
    }
    madeUp.add(Math.floor(until / minuteMs));
  };

  const clearSince = (): number => Math.max(0, ...hindered.values());

  /** No client is shown what has ended, as long as an agent lives that can say so. */
  const checkEnds = (): void => {
    if ((hindered.get('endpoints') ?? 0) > clock.nowMs) return;
    for (const [key, { ends }] of shelf.served) {
      if (ends === undefined || ends > clock.nowMs) continue;
      throw new Violation(`"${key}" serves what ended at ${new Date(ends).toISOString()}`);
    }
  };

  const checkFresh = (): void => {
    for (const [name, label] of endpoints) {
      const shown = shelf.served.get(`${name} ${label}`);
      if (shown?.ends !== undefined) continue;
      const since = new Date(clearSince()).toISOString();
      throw new Violation(
        `"${name} ${label}" has no response, with nothing in the way since ${since}`,
      );
    }
  };

  /** All of it, once a day: the certificate that is delivered, and no alarm. */
  const checkAll = async (): Promise<void> => {
    for (const { name, deliveredAt } of inspect.current()) {
      const der = inspect.currentDer(name);
      if (!names.has(name) || der === undefined || deliveredAt === undefined) continue;
      const hash = stapleHash(der);
      for (const [of, label] of endpoints) {
        const shown = of === name ? shelf.served.get(`${name} ${label}`) : undefined;
        if (!shown || shown.certificate === hash) continue;
        throw new Violation(`"${name} ${label}" has the response of another certificate`);
      }
    }
    const [alarm] = inspect.alarms().filter(({ family }) => family === 'staple');
    if (alarm) throw new Violation(`an alarm of "${alarm.name ?? ''}" stands without a cause`);
    // What it keeps has not been lost.
    const kept = (await running?.staples.list()) ?? [];
    if (running && kept.length < names.size) {
      throw new Violation(`${kept.length} responses are kept of ${names.size} certificates`);
    }
  };

  const spreadOf = (): BusiestMinute => {
    let found: BusiestMinute = { asked: 0, share: 0, at: new Date(0) };
    const { byMinute } = responder;
    for (const [minute, asked] of byMinute) {
      if (madeUp.has(minute) || asked <= FEW) continue;
      const from = minute - 720;
      let around = 0;
      for (let i = 0; i < 1440; i++) around += byMinute.get(from + i) ?? 0;
      const share = asked / around;
      if (share > found.share) found = { asked, share, at: new Date(minute * minuteMs) };
    }
    return found;
  };

  return {
    hinderedUntil: (of, at) => void hindered.set(of, at),
    lived(atEase, store) {
      if (!atEase) awaySince ??= clock.nowMs;
      else if (awaySince !== undefined) {
        if (clock.nowMs - awaySince > AWAY_MS) makeUp(awaySince, clock.nowMs + MAKING_UP_MS);
        awaySince = undefined;
      }
      running = store;
    },
    async check() {
      for (const { complaints } of [responder, shelf]) {
        const [complaint] = complaints;
        if (complaint !== undefined) throw new Violation(complaint);
      }
      if (awaySince !== undefined || clock.nowMs < wholeAt) return;
      wholeAt = clock.nowMs + wholeEveryMs;
      checkEnds();
      if (clearSince() > clock.nowMs) return;
      checkFresh();
      if (clock.nowMs < calmAt) return;
      calmAt = clock.nowMs + dayMs;
      await checkAll();
    },
    busiest: spreadOf,
    checkSpread() {
      const { asked, share, at } = spreadOf();
      if (share > MOST_SHARE) {
        const percent = (share * 100).toFixed(1);
        throw new Violation(
          `${asked} requests of a day were sent in one minute, ${percent} percent, ${at.toISOString()}`,
        );
      }
    },
    renewals: () => inspect.issuedAfter([0]).length - names.size,
  };
}
