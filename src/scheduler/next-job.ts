import type { Label } from '../base/label.ts';
import { readWindows } from '../lifecycle/stored-windows.ts';
import type { Store } from '../store/store.ts';
import { due, type Surroundings } from './due.ts';
import type { Job, JobKind } from './job.ts';
import { readName } from './read-name.ts';

/** Read what is to hold for all names from now on. Whether a CA that is silent now answers by then is known to nobody. */
export async function plannedSurroundings(store: Pick<Store, 'settings'>): Promise<Surroundings> {
  return { windows: await readWindows(store), downUntil: new Map() };
}

/**
 * Tell when a job of a name is to be done next, as `agent plan` does: for whoever says that moment to a person.
 *
 * @returns undefined when it is not to be done
 */
export async function nextJob(
  store: Store,
  name: Label,
  kind: JobKind,
  now: Date,
): Promise<Job | undefined> {
  const reading = await readName(store, name, now);
  if (reading === undefined) return undefined;
  const jobs = due(reading.schedule, await plannedSurroundings(store), now);
  return jobs.find((job) => job.kind === kind);
}
