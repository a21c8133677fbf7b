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
 *
 * @param isLookedAt false for a name that the agent is still to look at; absent: it has looked at all
 */
export async function unsettledAlarms(
  store: Store,
  now: Date,
  isLookedAt: (name: string) => boolean = () => true,
): Promise<readonly string[]> {
  const found: string[] = [];
  const subjects = new Set<string>(['source clock']);
  for (const kind of ['ca', 'root'] as const) {
    for (const name of await store.alarms.names(kind)) {
      const watched = await store.alarms.find(kind, name);
      if (watched) subjects.add(subjectKey({ type: 'certificate', index: watched.index }));
    }
  }
  for (const { name } of await store.schedule.all()) {
    const watched = await store.alarms.find('certificate', name);
    const subject = watched && ({ type: 'certificate', index: watched.index } as const);
    if (!isLookedAt(name)) {
      if (subject) subjects.add(subjectKey(subject));
      continue;
    }
    const reading = await readName(store, name, now);
    if (reading === undefined || watched === undefined || subject === undefined) continue;
    subjects.add(subjectKey(subject));
    const { policy } = reading;
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

/** What a destination was told so far, as it has to understand it. */
export interface Story {
  /** An attempt to tell it of an alarm was begun: it may know of it, or not. */
  begun(alarm: string): void;
  /** It was told; the same twice where a process was killed before it could write that down. */
  hear(told: Pick<Told, 'alarm' | 'severity' | 'ends' | 'sequence'>): void;
  /**
   * Compare with what stands, when nothing waits for it: what was raised has ended or stands, and nothing else does.
   *
   * @param standing keys of alarms
   */
  broken(standing: readonly string[]): readonly string[];
}

/** Begin a story. */
export function createStory(): Story {
  const [raised, tried] = [new Set<string>(), new Set<string>()];
  const ended = new Set<number>();
  const found: string[] = [];
  return {
    begun: (alarm) => void tried.add(alarm),
    hear({ alarm, severity, ends, sequence }) {
      if (ended.has(sequence)) return;
      if (ends.length > 0) ended.add(sequence);
      if (alarm !== undefined && severity !== 'cleared') raised.add(alarm);
      // What is told anyhow may also end what was replaced before anybody tried to tell it.
      const saysNothingElse = ends.length === 1 && ends[0] === alarm;
      for (const key of ends) {
        const mayBeKnown = tried.delete(key) || !saysNothingElse;
        if (!raised.delete(key) && !mayBeKnown)
          found.push(`${key} ends with ${sequence}, and was not told`);
      }
    },
    broken(standing) {
      const keys = new Set(standing);
      return [
        ...found,
        ...[...raised]
          .filter((key) => !keys.has(key))
          .map((key) => `${key} was told, and has not ended`),
        ...[...keys]
          .filter((key) => !raised.has(key))
          .map((key) => `${key} stands, and was not told`),
      ];
    },
  };
}

/** Compare what a destination was told with what stands, when nothing waits for it. */
export function brokenStory(told: readonly Told[], standing: readonly Alarm[]): readonly string[] {
  const story = createStory();
  for (const each of told) story.hear(each);
  return story.broken(standing.map(({ key }) => key));
}
