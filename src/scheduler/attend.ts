import type { Clock } from '../base/clock.ts';
import type { Gate } from '../base/gate.ts';
import type { Label } from '../base/label.ts';
import type { Log } from '../base/log.ts';
import type { MaintenanceWindow } from '../lifecycle/stored-windows.ts';
import type { Schedule, SchedulePlan } from '../store/schedule-contract.ts';
import { caAskedBy, type AuthoritiesAsked } from './authorities-asked.ts';
import { due, type ScheduleFacts, type Surroundings } from './due.ts';
import type { Job, JobKind } from './job.ts';
import type { JobOutcome } from './outcome.ts';

/** What attending to a name needs. */
export interface AttendContext {
  readonly schedule: Schedule;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Read what is stored of a name. */
  look(name: Label): Promise<Look>;
  /** Do a job that is due; what goes wrong is an outcome, too. */
  perform(job: Job): Promise<JobOutcome>;
  /** Aborted when the agent ends: nothing new is begun. */
  readonly signal: AbortSignal;
}

/** What is stored of a name at one moment. */
export interface Look {
  /** What decides about it; undefined when nothing is stored of it any more. */
  readonly facts: ScheduleFacts | undefined;
  /** Raise, repeat and clear its alarms. @returns when they may change next; what goes wrong keeps nobody from renewing */
  watch(around: Surroundings): Promise<Date | undefined>;
}

/** What those who are attended to at the same time share. */
export interface Attending {
  readonly authorities: AuthoritiesAsked;
  /** Lets in as many as are worked on at a time. */
  readonly places: Gate;
  /** Renewals are begun in these only; none: at any time. */
  readonly windows: readonly MaintenanceWindow[];
  readonly report: { done: number; failed: number };
}

/** How attending to a name ended. */
export interface Attended {
  /** When to look again; absent where there is nothing to write, and what is due stays so. */
  readonly plan?: SchedulePlan;
  /** Whether anything was done about it. */
  readonly wasDue: boolean;
}

/** More looks than there are kinds of jobs, each waited for, done, and found to be over. */
const mostLooks = 24;

/** When to come back to a name that another process works on. */
const busyMs = 60_000;

/**
 * Look at a name and do what is due, again and again, until nothing is and it is known when it will be.
 *
 * @param begins called as soon as it has a place
 */
export async function attend(
  context: AttendContext,
  all: Attending,
  name: Label,
  begins: () => void,
): Promise<Attended> {
  const tried = new Map<JobKind, JobOutcome['type']>();
  let ca: Label | undefined;
  for (let looks = 0; looks < mostLooks; looks++) {
    const inPlace = () =>
      all.places.through(() => {
        begins();
        return lookOnce(context, all, { name, ca, tried });
      });
    // The turn at a CA is waited for without a place: those who ask another one have it meanwhile.
    const step = await (ca === undefined ? inPlace() : all.authorities.inTurn(ca, inPlace));
    if (step.type === 'over') {
      return { wasDue: tried.size > 0, ...(step.plan && { plan: step.plan }) };
    }
    ca = step.type === 'asks' ? step.ca : undefined;
  }
  return { wasDue: true };
}

/** What came of one look. */
type Step =
  /** Nothing is due any more. */
  | { readonly type: 'over'; readonly plan?: SchedulePlan }
  /** Something was done. */
  | { readonly type: 'done' }
  /** What is due asks a CA, whose turn it is to be. */
  | { readonly type: 'asks'; readonly ca: Label };

/** A name that is attended to. */
interface Attendee {
  readonly name: Label;
  /** The CA that it may ask now. */
  readonly ca: Label | undefined;
  /** What became of its jobs so far. */
  readonly tried: Map<JobKind, JobOutcome['type']>;
}

async function lookOnce(
  context: AttendContext,
  all: Attending,
  { name, ca: turnAt, tried }: Attendee,
): Promise<Step> {
  const { schedule, clock, signal } = context;
  if (signal.aborted) return { type: 'over' };
  // Before the facts: what is changed after them is due all the same.
  const entry = await schedule.entry(name);
  const { facts, watch } = await context.look(name);
  const around = { windows: all.windows, downUntil: all.authorities.downUntil };
  if (entry === undefined || facts === undefined) {
    await watch(around);
    if (entry !== undefined) await schedule.forget(entry);
    return { type: 'over' };
  }
  const now = clock.now();
  const times = due(facts, around, now);
  // Where somebody is at it, that was found out just now.
  const jobs = times.filter(({ at, kind }) => at <= now && tried.get(kind) !== 'busy');
  const [first] = jobs;
  if (first === undefined) {
    const alarmsAt = await watch(around);
    const isBusy = [...tried.values()].includes('busy');
    const next = isBusy ? [new Date(now.getTime() + busyMs)] : times.map(({ at }) => at);
    return {
      type: 'over',
      plan: { entry, at: earliest([...next, ...(alarmsAt ? [alarmsAt] : [])]) },
    };
  }
  const possible = jobs.filter((job) => [undefined, turnAt].includes(caAskedBy(job)));
  for (const job of possible) {
    if (signal.aborted) return { type: 'over' };
    const outcome = tried.get(job.kind) === 'done' ? futile : await context.perform(job);
    tried.set(job.kind, outcome.type);
    await all.authorities.heard(job, outcome);
    await remember(context, all, job, outcome);
  }
  const ca = caAskedBy(first);
  return possible.length === 0 && ca !== undefined ? { type: 'asks', ca } : { type: 'done' };
}

function earliest(times: readonly Date[]): Date | undefined {
  return times.length === 0
    ? undefined
    : new Date(Math.min(...times.map((time) => time.getTime())));
}

/** What was done, and is due again at once. Whatever that is a sign of, it must not be done without end. */
const futile: JobOutcome = {
  type: 'failing',
  code: 'INTERNAL',
  text: 'it was done, and is due again at once',
  isCaDown: false,
};

async function remember(
  { schedule, clock, log }: AttendContext,
  { report }: Attending,
  { kind: job, name }: Job,
  outcome: JobOutcome,
): Promise<void> {
  switch (outcome.type) {
    case 'done':
      report.done++;
      log.info(`${job} of "${name}" is done`);
      await schedule.recovered(name, job);
      // One request, begun by one and gone on with by the other.
      if (job === 'poll') {
        await schedule.recovered(name, 'update');
        await schedule.recovered(name, 'enrol');
      }
      if (job === 'update') await schedule.recovered(name, 'poll');
      break;
    case 'busy':
      break;
    case 'failing':
    case 'blocked': {
      report.failed++;
      const { type: kind, code, text } = outcome;
      const failing = await schedule.failed(name, { job, kind, code, text, at: clock.now() });
      const often = failing.count === 1 ? '' : `, for the ${failing.count}th time`;
      if (code === 'CMP_WAITING') log.info(`${job} of "${name}": ${text}`);
      else log.warn(`${job} of "${name}" failed${often}: ${text}`);
      break;
    }
  }
}
