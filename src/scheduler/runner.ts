import type { Clock } from '../base/clock.ts';
import type { Label } from '../base/label.ts';
import type { Log } from '../base/log.ts';
import type { Schedule, ScheduleEntry } from '../store/schedule-contract.ts';
import { due, type ScheduleFacts, type Surroundings } from './due.ts';
import { gate, type Gate } from '../base/gate.ts';
import type { Job, JobKind } from './job.ts';
import type { MaintenanceWindow } from '../lifecycle/stored-windows.ts';
import type { JobOutcome } from './outcome.ts';
import { retryTimeAt } from './retry.ts';

/** What the runner stands on. */
export interface RunnerContext {
  readonly schedule: Schedule;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Read what decides about a name; undefined when nothing is stored of it any more. */
  gather(name: Label): Promise<ScheduleFacts | undefined>;
  /** Do a job that is due; what goes wrong is an outcome, too. */
  perform(job: Job): Promise<JobOutcome>;
  /** Raise, repeat and clear the alarms of a name; what goes wrong keeps nobody from renewing. */
  watch(name: Label, around: Surroundings): Promise<void>;
  /** Times in which renewals are begun. */
  windows(): Promise<readonly MaintenanceWindow[]>;
  readonly limits: {
    /** Names worked on at the same time. */
    readonly names: number;
    /** Requests to one CA at the same time. */
    readonly perCa: number;
  };
  /** Aborted when the agent ends: nothing new is begun. */
  readonly signal: AbortSignal;
}

/** What was done until nothing more was due. */
export interface RunReport {
  /** Names looked at, some more than once. */
  readonly looked: number;
  readonly done: number;
  readonly failed: number;
}

/** Names read at a time. */
const batchSize = 256;

/** What is at work on a name may change it all the time: after so many looks it can wait for the next run. */
const maxLooks = 4;

/** When to come back to a name that another process works on. */
const busyMs = 60_000;

/**
 * Do what is due, until nothing is, or the signal is aborted. One runner at a time; two would only be in each other's
 * way, since each name has its lease.
 *
 * @throws {CertError} STORE_…: the store itself cannot be used
 */
export async function runDue(context: RunnerContext): Promise<RunReport> {
  const { schedule, clock, signal } = context;
  const run = await beginRun(context);
  const looks = new Map<string, number>();
  for (;;) {
    const entries = (await schedule.due(clock.now(), batchSize)).filter(({ name }) => {
      const count = (looks.get(name) ?? 0) + 1;
      looks.set(name, count);
      return count <= maxLooks;
    });
    if (entries.length === 0 || signal.aborted) return run.report();
    await Promise.all(entries.map((entry) => run.names.through(() => look(context, run, entry))));
  }
}

interface Run {
  readonly around: Surroundings;
  readonly names: Gate;
  /** By label of the CA: as many at a time as may ask it. */
  readonly cas: Map<string, Gate>;
  readonly silent: Set<string>;
  readonly downUntil: Map<string, Date>;
  report(): RunReport;
  count(what: keyof RunReport): void;
}

async function beginRun({ schedule, clock, windows, limits }: RunnerContext): Promise<Run> {
  const now = clock.now();
  const cas = await schedule.silentCas();
  const downUntil = new Map(
    cas.map((health) => [health.ca, retryTimeAt({ ...health, kind: 'failing' }, health.ca, now)]),
  );
  const counts = { looked: 0, done: 0, failed: 0 };
  return {
    around: { windows: await windows(), downUntil },
    names: gate(limits.names),
    cas: new Map(),
    silent: new Set(cas.map(({ ca }) => ca)),
    downUntil,
    report: () => ({ ...counts }),
    count(what) {
      counts[what]++;
    },
  };
}

/** Look at a name: do what is due, and say when to look again. */
async function look(context: RunnerContext, run: Run, entry: ScheduleEntry): Promise<void> {
  const { schedule, clock, signal } = context;
  if (signal.aborted) return;
  run.count('looked');
  const facts = await context.gather(entry.name);
  if (facts === undefined) {
    await context.watch(entry.name, run.around);
    await schedule.forget(entry);
    return;
  }
  let isBusy = false;
  const done = new Set<JobKind>();
  for (const job of due(facts, run.around, clock.now())) {
    if (job.at > clock.now() || signal.aborted) continue;
    const outcome = await perform(context, run, job);
    isBusy ||= outcome?.type === 'busy';
    if (outcome?.type === 'done') done.add(job.kind);
  }
  await context.watch(entry.name, run.around);
  const now = clock.now();
  let later = (await context.gather(entry.name)) ?? facts;
  const again = due(later, run.around, now).filter(({ at, kind }) => at <= now && done.has(kind));
  for (const job of again) await settle(context, run, job, futile);
  if (again.length > 0) later = (await context.gather(entry.name)) ?? facts;
  const times = due(later, run.around, now).map(({ at }) => at.getTime());
  // What is still due where somebody is at it has been tried just now.
  if (isBusy) times.splice(0, times.length, now.getTime() + busyMs);
  // What was changed meanwhile, by ourselves as well, is due anyhow.
  await schedule.plan(entry, times.length === 0 ? undefined : new Date(Math.min(...times)));
}

/** Whatever that is a sign of, it must not be done without end. */
const futile: JobOutcome = {
  type: 'failing',
  code: 'INTERNAL',
  text: 'it was done, and is due again at once',
  isCaDown: false,
};

/** @returns undefined when its turn came too late: the CA has stopped to answer meanwhile */
async function perform(
  context: RunnerContext,
  run: Run,
  job: Job,
): Promise<JobOutcome | undefined> {
  const ca = caAskedBy(job);
  if (ca === undefined) return settle(context, run, job, await context.perform(job));
  return caGate(context, run, ca).through(async () => {
    const until = run.downUntil.get(ca);
    if (context.signal.aborted || (until && until > context.clock.now())) return undefined;
    return settle(context, run, job, await context.perform(job));
  });
}

/** Label of the CA that a job asks; undefined for one that asks none. */
function caAskedBy({ kind, ca }: Job): Label | undefined {
  return kind === 'update' || kind === 'poll' ? ca : undefined;
}

/** A CA that did not answer is asked by one at a time, until it does. */
function caGate({ limits }: RunnerContext, { cas, silent }: Run, ca: string): Gate {
  const key = silent.has(ca) ? `${ca} silent` : ca;
  const found = cas.get(key);
  if (found) return found;
  const made = gate(silent.has(ca) ? 1 : limits.perCa);
  cas.set(key, made);
  return made;
}

async function settle(
  { schedule, clock, log }: RunnerContext,
  run: Run,
  settled: Job,
  outcome: JobOutcome,
): Promise<JobOutcome> {
  const { kind: job, name } = settled;
  const ca = caAskedBy(settled);
  const isSilent = (outcome.type === 'failing' || outcome.type === 'blocked') && outcome.isCaDown;
  if (ca !== undefined && isSilent) {
    const health = await schedule.caSilent(ca, clock.now());
    run.silent.add(ca);
    run.downUntil.set(ca, retryTimeAt({ ...health, kind: 'failing' }, ca, clock.now()));
  } else if (ca !== undefined && outcome.type !== 'busy' && run.silent.delete(ca)) {
    run.downUntil.delete(ca);
    await schedule.caAnswered(ca);
    log.info(`CA "${ca}" answers again`);
  }
  switch (outcome.type) {
    case 'done':
      run.count('done');
      log.info(`${job} of "${name}" is done`);
      await schedule.recovered(name, job);
      // One request, begun by one and gone on with by the other.
      if (job === 'poll') await schedule.recovered(name, 'update');
      if (job === 'update') await schedule.recovered(name, 'poll');
      break;
    case 'busy':
      break;
    case 'failing':
    case 'blocked': {
      run.count('failed');
      const { type: kind, code, text } = outcome;
      const failing = await schedule.failed(name, { job, kind, code, text, at: clock.now() });
      const often = failing.count === 1 ? '' : `, for the ${failing.count}th time`;
      if (code === 'CMP_WAITING') log.info(`${job} of "${name}": ${text}`);
      else log.warn(`${job} of "${name}" failed${often}: ${text}`);
      break;
    }
  }
  return outcome;
}
