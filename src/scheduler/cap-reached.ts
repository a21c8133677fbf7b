import type { Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';
import { renewalIntervalMs } from './due.ts';
import { uncappedFrom } from './issue-cap.ts';
import { readName } from './read-name.ts';

const dayMs = 86_400_000;

/** A name that got as many certificates within a day as the agent asks for. */
export interface CapReached {
  readonly name: Label;
  /** So many. */
  readonly count: number;
  /** When the agent may ask for the next one. */
  readonly until: Date;
}

/** Find out whether a name got as many certificates within a day as the agent asks for; undefined when it did not. */
export async function capReached(
  store: Store,
  name: Label,
  now: Date,
): Promise<CapReached | undefined> {
  const issued = await store.schedule.issuedSince(name, new Date(now.getTime() - dayMs));
  // Most names got none, and of them nothing more is read.
  if (issued.length === 0) return undefined;
  const facts = (await readName(store, name, now))?.schedule;
  const intervalMs = facts?.certificate ? renewalIntervalMs(facts.certificate, facts.renewDays) : 0;
  const until = uncappedFrom(issued, intervalMs, now);
  return until && { name, count: issued.length, until };
}
