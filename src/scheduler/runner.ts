import { gate, type Gate } from '../base/gate.ts';
import type { Label } from '../base/label.ts';
import type { MaintenanceWindow } from '../lifecycle/stored-windows.ts';
import type { DueEntry, SchedulePlan } from '../store/schedule-contract.ts';
import { attend, type AttendContext, type Attending } from './attend.ts';
import { authoritiesAsked } from './authorities-asked.ts';

/** What the runner stands on. */
export interface RunnerContext extends AttendContext {
  /** Called each time before what is due is read. @returns the times in which renewals are begun */
  windows(): Promise<readonly MaintenanceWindow[]>;
  /** Settles when what is due by then is to be read, though others are still worked on. */
  wanted(): Promise<void>;
  readonly limits: {
    /** Names worked on at the same time, beside those that ask a CA. */
    readonly names: number;
    /** Requests to one CA at the same time; no more than names. */
    readonly perCa: number;
  };
}

/** What was done until nothing more was due. */
export interface RunReport {
  /** Names begun with, some more than once. */
  readonly looked: number;
  readonly done: number;
  readonly failed: number;
}

/** Names read, and planned, at a time: a tenth of a second, after which everybody else gets a turn. */
const pageSize = 256;

/** Names whose jobs wait for the turn at their CA: twice as many as are renewed at once when a CA was compromised. */
const mostInHand = 20_000;

/** Names that ask CAs at the same time: sixteen slow ones by four each, and some MB of messages and keys in all. */
const mostAsking = 64;

/** What is at work on a name may change it all the time: after so many beginnings it can wait for the next beat. */
const mostBeginnings = 4;

/**
 * Do what is due, until nothing is, or the signal is aborted. One runner at a time; two would only be in each other's
 * way, since each name has its lease.
 *
 * @returns when nothing of it is under way any more; it does not throw before that, either
 * @throws {CertError} STORE_…: the store itself cannot be used
 */
export async function runDue(context: RunnerContext): Promise<RunReport> {
  const run = await beginRun(context);
  try {
    await beginAll(context, run);
  } catch (error) {
    // Before what is under way is over, the next run would be beside it.
    run.failure ??= { error };
  }
  await Promise.all(run.tasks);
  if (run.failure !== undefined) throw run.failure.error;
  await writePlans(context, run);
  return run.report;
}

async function beginAll(context: RunnerContext, run: Run): Promise<void> {
  for (;;) {
    const wanted = context.wanted();
    const begun = await beginDue(context, run);
    if (run.failure !== undefined || context.signal.aborted) return;
    if (begun === 0 && run.tasks.size === 0) return;
    // Whoever waits for a slow CA holds nobody up: what becomes due meanwhile is begun with at the next beat.
    const isBeat = await Promise.race([
      Promise.all(run.tasks).then(() => false),
      wanted.then(() => true),
    ]);
    await writePlans(context, run);
    // A run may take days. What was changed too often has waited.
    if (isBeat) run.changed.clear();
  }
}

interface Run extends Attending {
  readonly report: { looked: number; done: number; failed: number };
  windows: readonly MaintenanceWindow[];
  readonly hands: Gate;
  /** From their beginning until they are planned. */
  readonly inHand: Set<Label>;
  readonly tasks: Set<Promise<void>>;
  /** Next times that are not written yet: whoever is killed has them found out again. */
  plans: SchedulePlan[];
  /** How often names were begun with that were changed meanwhile. */
  readonly changed: Map<Label, number>;
  failure: { readonly error: unknown } | undefined;
  readonly attending: AttendContext;
}

async function beginRun(context: RunnerContext): Promise<Run> {
  const { limits } = context;
  const run: Run = {
    report: { looked: 0, done: 0, failed: 0 },
    authorities: await authoritiesAsked(context, Math.min(limits.perCa, limits.names)),
    windows: [],
    hands: gate(mostInHand),
    places: {
      looking: gate(limits.names),
      here: gate(limits.names),
      asking: gate(Math.max(mostAsking, limits.names)),
    },
    inHand: new Set(),
    tasks: new Set(),
    plans: [],
    changed: new Map(),
    failure: undefined,
    attending: {
      ...context,
      signal: {
        // What waits for its turn begins nothing more where the run has failed.
        get aborted() {
          return context.signal.aborted || run.failure !== undefined;
        },
      },
    },
  };
  return run;
}

/** Begin with each name whose time has come, as soon as there is a place. @returns how many these were */
async function beginDue(context: RunnerContext, run: Run): Promise<number> {
  const { schedule, clock, signal } = context;
  run.windows = await context.windows();
  let begun = 0;
  let last: DueEntry | undefined;
  for (;;) {
    const page = await schedule.due(clock.now(), pageSize, last);
    for (const { name } of page) {
      if (signal.aborted || run.failure !== undefined) return begun;
      if (run.inHand.has(name) || (run.changed.get(name) ?? 0) >= mostBeginnings) continue;
      begun++;
      await begin(context, run, name);
    }
    await writePlans(context, run);
    last = page.at(-1);
    if (last === undefined) return begun;
    // Looking is work for the processor alone: whoever else waits for an event has a turn.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Begin with a name. @returns as soon as it has a place */
function begin(context: RunnerContext, run: Run, name: Label): Promise<void> {
  run.report.looked++;
  run.inHand.add(name);
  return new Promise((begins) => {
    const task = run.hands
      .through(() => attendAndPlan(context, run, name, begins))
      .catch((error: unknown) => {
        run.failure ??= { error };
      })
      .finally(() => {
        run.tasks.delete(task);
        begins();
      });
    run.tasks.add(task);
  });
}

async function attendAndPlan(
  context: RunnerContext,
  run: Run,
  name: Label,
  begins: () => void,
): Promise<void> {
  const { plan, wasDue } = await attend(run.attending, run, name, begins);
  if (plan === undefined) {
    changedMeanwhile(run, name);
    return;
  }
  run.plans.push(plan);
  // Those that were only looked at are written page by page.
  if (wasDue) await writePlans(context, run);
}

/** Write the next times that were found out, all in one write. Names that were changed meanwhile stay due. */
async function writePlans({ schedule }: RunnerContext, run: Run): Promise<void> {
  const { plans } = run;
  if (plans.length === 0) return;
  run.plans = [];
  const changed = new Set(await schedule.plan(plans));
  for (const { entry } of plans) {
    if (changed.has(entry)) changedMeanwhile(run, entry.name);
    else run.inHand.delete(entry.name);
  }
}

function changedMeanwhile({ inHand, changed }: Run, name: Label): void {
  inHand.delete(name);
  changed.set(name, (changed.get(name) ?? 0) + 1);
}
