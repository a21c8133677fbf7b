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
  readonly signal: Pick<AbortSignal, 'aborted'>;
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
  /** Let in as many as are worked on at a time. Whoever waits for something slow keeps nobody from anything else. */
  readonly places: {
    /** To look what is due. */
    readonly looking: Gate;
    /** To do what asks no CA: files, services, other nodes. */
    readonly here: Gate;
    /** To ask CAs, all of them together. */
    readonly asking: Gate;
  };
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
  let turn: Turn | undefined;
  for (let looks = 0; looks < mostLooks; looks++) {
    const step = await inTurn(all, turn, () => {
      begins();
      return lookOnce(context, all, { name, turn, tried });
    });
    if (step.type === 'over') {
      return { wasDue: tried.size > 0, ...(step.plan && { plan: step.plan }) };
    }
    turn = step.type === 'waits' ? step.turn : undefined;
  }
  return { wasDue: true };
}

/** What a job is done in the turn of: that of its CA, or that of what asks none. */
type Turn = { readonly type: 'here' } | { readonly type: 'ca'; readonly ca: Label };

/** The turn that a job needs; undefined for one that takes no time. */
function turnOf(job: Job): Turn | undefined {
  const ca = caAskedBy(job);
  if (ca !== undefined) return { type: 'ca', ca };
  return job.kind === 'notify' ? undefined : { type: 'here' };
}

async function inTurn<T>(
  { places, authorities }: Attending,
  turn: Turn | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (turn === undefined) return places.looking.through(work);
  if (turn.type === 'here') return places.here.through(work);
  // The turn at a CA is waited for without a place: those who ask another one have it meanwhile.
  return authorities.inTurn(turn.ca, () => places.asking.through(work));
}

/** What came of one look. */
type Step =
  /** Nothing is due any more. */
  | { readonly type: 'over'; readonly plan?: SchedulePlan }
  /** Something was done. */
  | { readonly type: 'done' }
  /** What is due is to be done in its turn. */
  | { readonly type: 'waits'; readonly turn: Turn };

/** A name that is attended to. */
interface Attendee {
  readonly name: Label;
  /** Whose turn it is. */
  readonly turn: Turn | undefined;
  /** What became of its jobs so far. */
  readonly tried: Map<JobKind, JobOutcome['type']>;
}

async function lookOnce(
  context: AttendContext,
  all: Attending,
  { name, turn, tried }: Attendee,
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
  const isTurnOf = (wanted: Turn | undefined): boolean =>
    wanted === undefined || (wanted.type === turn?.type && caOf(wanted) === caOf(turn));
  const possible = jobs.filter((job) => isTurnOf(turnOf(job)));
  for (const job of possible) {
    if (signal.aborted) return { type: 'over' };
    const outcome = tried.get(job.kind) === 'done' ? futile : await context.perform(job);
    tried.set(job.kind, outcome.type);
    await all.authorities.heard(job, outcome);
    await remember(context, all, job, outcome);
  }
  // What is done here waits for no CA.
  const next = turnOf(jobs.find((job) => caAskedBy(job) === undefined) ?? first);
  return possible.length === 0 && next !== undefined
    ? { type: 'waits', turn: next }
    : { type: 'done' };
}

function caOf(turn: Turn): Label | undefined {
  return turn.type === 'ca' ? turn.ca : undefined;
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
      const often = failing.count === 1 ? '' : `, ${failing.count} times by now`;
      if (code === 'CMP_WAITING') log.info(`${job} of "${name}": ${text}`);
      else log.warn(`${job} of "${name}" failed${often}: ${text}`);
      break;
    }
  }
}
