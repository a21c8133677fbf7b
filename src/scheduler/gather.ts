import type { Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';
import { alarmsAt } from './alarm-facts.ts';
import type { ScheduleFacts } from './due.ts';
import { readName } from './read-name.ts';

/**
 * Read everything that decides what is due about a name.
 *
 * @returns undefined when nothing is stored of it
 */
export async function gather(
  store: Store,
  name: Label,
  now: Date,
): Promise<ScheduleFacts | undefined> {
  const reading = await readName(store, name, now);
  if (reading === undefined) return undefined;
  const at = await alarmsAt(store, reading, now);
  return at === undefined ? reading.schedule : { ...reading.schedule, alarmsAt: at };
}
