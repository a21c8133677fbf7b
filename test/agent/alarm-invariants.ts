import { notificationPolicy } from '../../src/lifecycle/notification-policy.ts';
import { alarmFacts } from '../../src/scheduler/alarm-facts.ts';
import { readName } from '../../src/scheduler/read-name.ts';
import type { Store } from '../../src/store/store.ts';
import { subjectKey, type Alarm } from '../../src/traps/alarms/alarm.ts';
import { react } from '../../src/traps/alarms/react.ts';
import { conditionsOf } from '../../src/traps/alarms/watch.ts';
import type { Told } from './told.ts';

/**
 * Find what is not told as it is, right after an agent has looked: something wrong without an alarm, an alarm of
 * something that is over, an alarm of a name that is gone.
 */
export async function unsettledAlarms(store: Store, now: Date): Promise<readonly string[]> {
  const policy = await notificationPolicy(store);
  const found: string[] = [];
  const subjects = new Set<string>(['source clock']);
  for (const kind of ['ca', 'root'] as const) {
    for (const name of await store.alarms.names(kind))
      subjects.add(
        subjectKey({ type: 'certificate', ...(await store.alarms.watched(kind, name)) }),
      );
  }
  for (const { name } of await store.schedule.all()) {
    const reading = await readName(store, name, now);
    const watched = await store.alarms.find('certificate', name);
    if (reading === undefined || watched === undefined) continue;
    const subject = { type: 'certificate', index: watched.index } as const;
    subjects.add(subjectKey(subject));
    const { facts } = await alarmFacts(store, reading, watched, now);
    const alarms = await store.alarms.of(subjectKey(subject));
    const observation = conditionsOf(facts, now, policy);
    const { notifications } = react({ alarms, observation, now, policy, nextSequence: 1 });
    found.push(
      ...notifications.map((each) => `of "${name}" it is not told: ${each.name} ${each.severity}`),
    );
  }
  for (const { key, subject } of await store.alarms.list(100_000)) {
    if (!subjects.has(subject)) found.push(`${key} stands of what is gone`);
  }
  return found;
}

/**
 * Compare what a destination was told with what stands, when nothing waits for it: what was raised has ended or
 * stands, and nothing else does.
 */
export function brokenStory(told: readonly Told[], standing: readonly Alarm[]): readonly string[] {
  const raised = new Set<string>();
  const found: string[] = [];
  for (const { alarm, severity, ends, sequence } of told) {
    if (alarm !== undefined && severity !== 'cleared') raised.add(alarm);
    for (const key of ends) {
      if (!raised.delete(key)) found.push(`${key} ends with ${sequence}, and was not told`);
    }
  }
  const keys = new Set(standing.map(({ key }) => key));
  for (const key of raised) if (!keys.has(key)) found.push(`${key} was told, and has not ended`);
  for (const key of keys) if (!raised.has(key)) found.push(`${key} stands, and was not told`);
  return found;
}
