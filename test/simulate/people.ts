import { parseLabel, type Label } from '../../src/base/label.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { removeCertificate } from '../../src/lifecycle/remove-certificate.ts';
import { restoreCertificate } from '../../src/lifecycle/restore-certificate.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { nonEmpty, type Chance } from './chance.ts';
import type { WorldClock } from './clock.ts';
import type { Inspector } from './inspector.ts';
import type { Watch, WorldView } from './invariants.ts';
import type { Machine } from './machine.ts';

/** What people work on. */
export interface PeopleParts {
  readonly clock: WorldClock;
  readonly machine: Machine;
  readonly inspect: Inspector;
  /** The names there are to be; they change this. */
  readonly names: Label[];
  /** Labels of the CAs. */
  readonly labels: readonly string[];
  /** `cmp auto-update time` of each name. */
  readonly days: number;
  readonly luck: (what: string) => Chance;
  readonly tell: (text: string) => void;
}

/** What they have to know of the moment. */
export interface Moment {
  readonly guard: Watch;
  view(): WorldView;
  /** Look whether everything holds, before something is changed. */
  check(): Promise<void>;
  /** Nothing keeps certificates from being renewed. */
  readonly isCalm: boolean;
}

/** The people who look after a gateway now and then. */
export interface People {
  /** Have a name that the agent looks after. */
  add(name: Label): Promise<void>;
  /** Label of the CA that a name has its certificates from. */
  caOf(name: string): string | undefined;
  /** Do what they do now, if anything. */
  work(moment: Moment): Promise<void>;
  /** When they come next. */
  times(): readonly number[];
  readonly counts: {
    /** Certificates replaced, since only people could. */
    readonly byHand: number;
    readonly added: number;
    readonly removed: number;
    /** Names that were put back to an earlier certificate, or from there to the later one. */
    readonly restored: number;
  };
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** So often they look at what only people can put right. */
const roundMs = 7 * dayMs;

/** So often they change what there is to look after, on average. */
const actEveryMs = 50 * dayMs;

/** Gather the people of a world. */
export function gatherPeople(parts: PeopleParts): People {
  const { clock, machine, inspect, names, labels, days, luck, tell } = parts;
  const { byPerson } = machine;
  const usually = names.length;
  const counts = { byHand: 0, added: 0, removed: 0, restored: 0 };
  const cas = new Map<string, string>();
  const [beginning, whim] = [luck('first days'), luck('people')];
  const putBack: { readonly at: number; readonly name: Label }[] = [];
  let nextRound = clock.nowMs + roundMs;
  let nextAct = clock.nowMs + whim.wait(actEveryMs);
  let known = usually;

  async function add(name: Label): Promise<void> {
    const ca = cas.get(name) ?? beginning.pick(nonEmpty(labels));
    cas.set(name, ca);
    await byPerson(async (context) => {
      // First: what cannot be delivered at once is renewed all the same.
      await context.store.nameSettings.set(name, 'auto-update-days', String(days));
      if (beginning.oneIn(3)) {
        const hook = { command: ['/bin/true'], timeoutSeconds: 30 } as const;
        await context.store.deployments.putHook(name, hook);
      }
      await initialize(context, {
        name,
        ca: parseLabel(ca, 'ca'),
        wanted: { subject: parseName(`CN=${name},O=Simulated`), subjectAltNames: [] },
        key: { type: 'generate', keyType: 'p-256' },
        credential: { type: 'mac' },
        waitSeconds: 0,
      });
    });
  }

  async function remove(name: Label, withFiles: boolean, guard: Watch): Promise<boolean> {
    const isRemoved = await byPerson((context) => removeCertificate(context, { name, withFiles }));
    if (isRemoved) guard.begunAnew(name);
    return isRemoved;
  }

  async function restore(name: Label): Promise<boolean> {
    const before = inspect.current().find((row) => row.name === name)?.id;
    await byPerson((context) => restoreCertificate(context, { name }));
    const after = inspect.current().find((row) => row.name === name);
    if (after === undefined || after.id === before) return false;
    tell(`by hand: "${name}" is back at version ${after.version}`);
    counts.restored++;
    return true;
  }

  /** Once a week: what has expired, is revoked, or was superseded at the CA. */
  async function round({ guard, view, isCalm }: Moment): Promise<void> {
    if (nextRound > clock.nowMs) return;
    nextRound = clock.nowMs + roundMs;
    if (!isCalm) return;
    const lost = new Set(guard.forPeople(view()));
    const there = new Set(inspect.current().map(({ name }) => name));
    const waiting = inspect.outstanding();
    for (const [i, name] of names.entries()) {
      if (waiting.has(name) || (there.has(name) && !lost.has(name))) continue;
      counts.byHand++;
      const isReplaced = there.has(name) && (await remove(name, whim.oneIn(2), guard));
      // Some take the occasion to have another name.
      const next = isReplaced && whim.oneIn(2) ? newName() : name;
      names[i] = next;
      tell(`by hand: "${name}" gets another one${next === name ? '' : `, as "${next}"`}`);
      await add(next);
    }
  }

  /** A name of its own: what the CA has issued for another is not looked for again. */
  function newName(): Label {
    return parseLabel(`gw${++known}`, 'cert-name');
  }

  async function act({ guard, check }: Moment): Promise<void> {
    for (const { at, name } of putBack.splice(0)) {
      if (at > clock.nowMs) putBack.push({ at, name });
      else await restore(name);
    }
    if (nextAct > clock.nowMs) return;
    nextAct = clock.nowMs + whim.wait(actEveryMs);
    const name = whim.pick(nonEmpty(names));
    await check();
    switch (whim.pick(['restore', 'restore', 'move'] as const)) {
      case 'restore':
        if (await restore(name)) {
          putBack.push({ at: clock.nowMs + whim.between(10, 72 * 60) * minuteMs, name });
        }
        return;
      case 'move': {
        if (names.length > usually) {
          if (!(await remove(name, whim.oneIn(2), guard))) return;
          tell(`by hand: "${name}" is removed`);
          names.splice(names.indexOf(name), 1);
          counts.removed++;
          return;
        }
        const other = newName();
        tell(`by hand: "${other}" is new`);
        names.push(other);
        counts.added++;
        await add(other);
      }
    }
  }

  return {
    add,
    caOf: (name) => cas.get(name),
    async work(moment) {
      await round(moment);
      await act(moment);
    },
    times: () => [nextRound, nextAct, ...putBack.map(({ at }) => at)],
    counts,
  };
}
