import type { Label } from '../base/label.ts';
import { readWindows } from '../lifecycle/stored-windows.ts';
import type { FailingRecord } from '../store/schedule-contract.ts';
import type { Store } from '../store/store.ts';
import { asking, failedOf, hindranceOf } from './alarm-facts.ts';
import { due, type Surroundings } from './due.ts';
import type { Job, JobKind } from './job.ts';
import { readName } from './read-name.ts';

/** Read what is to hold for all names from now on. Whether a CA that is silent now answers by then is known to nobody. */
export async function plannedSurroundings(store: Pick<Store, 'settings'>): Promise<Surroundings> {
  return { windows: await readWindows(store), downUntil: new Map() };
}

/** What does not work, and when it is tried again; without a time, not by itself. */
export interface FailingJob extends FailingRecord {
  readonly nextAt?: Date;
}

/** What the agent makes of a name. */
export interface Prospect {
  /** What is to be done, and when. */
  readonly jobs: readonly Job[];
  readonly failing: readonly FailingJob[];
  /** That attempts are in vain is what there is to know first. */
  readonly hindrance?: 'failed' | 'blocked';
}

/** Tell what is to be done about a name, and what was in vain, as `agent plan` does: for whoever says it to a person. */
export async function prospectOf(store: Store, name: Label, now: Date): Promise<Prospect> {
  const reading = await readName(store, name, now);
  if (reading === undefined) return { jobs: [], failing: [] };
  const { schedule, state, outstanding, failing } = reading;
  const jobs = due(schedule, await plannedSurroundings(store), now);
  const hindrance = hindranceOf(state, failedOf(failing, outstanding));
  return {
    jobs,
    failing: failing.map((record) => {
      const next = againOf(record, jobs);
      return next === undefined ? record : { ...record, nextAt: next.at };
    }),
    ...(hindrance && { hindrance }),
  };
}

/** A request that is over is followed by another one, which is another job. */
function againOf({ job }: FailingRecord, jobs: readonly Job[]): Job | undefined {
  const kinds: readonly string[] = asking;
  return (
    jobs.find(({ kind }) => kind === job) ??
    (kinds.includes(job) ? jobs.find(({ kind }) => kinds.includes(kind)) : undefined)
  );
}

/**
 * Tell when a job of a name is to be done next.
 *
 * @returns undefined when it is not to be done
 */
export async function nextJob(
  store: Store,
  name: Label,
  kind: JobKind,
  now: Date,
): Promise<Job | undefined> {
  const { jobs } = await prospectOf(store, name, now);
  return jobs.find((job) => job.kind === kind);
}
