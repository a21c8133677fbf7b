import { formatTime } from '../base/format-time.ts';
import type { DestinationRecord } from '../store/notifications-contract.ts';
import type { LifecycleContext } from './context.ts';
import type { DoctorFinding } from './doctor-finding.ts';

/**
 * Look whether notifications arrive where they are to go: by what became of the last one, since a test would be one
 * more. Of a trap nobody can tell whether it arrived; an inform is answered.
 */
export async function examineDestinations({
  store,
  clock,
}: Pick<LifecycleContext, 'store' | 'clock'>): Promise<readonly DoctorFinding[]> {
  const now = clock.now();
  const findings: DoctorFinding[] = [];
  for (const record of await store.destinations.list()) {
    findings.push(finding(record, await waitingFor(store, record.name, now), now));
  }
  return findings;
}

/** What should have gone by now. */
export interface Waiting {
  readonly count: number;
  readonly since: Date;
}

/**
 * Find what waits for a destination although it was due, be it that an attempt goes on: with a long timeout and many
 * retries the first failure is known only minutes later.
 *
 * @returns undefined when nothing does
 */
export async function waitingFor(
  { outbox }: Pick<LifecycleContext['store'], 'outbox'>,
  destination: string,
  now: Date,
): Promise<Waiting | undefined> {
  const due = (await outbox.of(destination))
    .map(({ nextAttemptAt }) => nextAttemptAt)
    .filter((at) => at <= now)
    .toSorted((a, b) => a.getTime() - b.getTime());
  const [since] = due;
  return since && { count: due.length, since };
}

/** Whoever answers has done so by then, also when as many are sent as the rate allows. */
const patienceMs = 60_000;

function finding(
  { name, dropped, sentAt, failure }: DestinationRecord,
  waiting: Waiting | undefined,
  now: Date,
): DoctorFinding {
  const lost = dropped === 0 ? '' : `; ${dropped} ${dropped === 1 ? 'was' : 'were'} given up`;
  const about = { check: 'notifications', about: name } as const;
  const test = `certkeeper snmp destination test ${name}`;
  if (failure !== undefined) {
    return {
      ...about,
      severity: 'warning',
      text: `none is taken since ${formatTime(failure.at)}: ${failure.text}${lost}`,
      remedy: `Look at the receiver, then try it: ${test}`,
    };
  }
  const sent =
    sentAt === undefined ? 'none was sent yet' : `the last one went at ${formatTime(sentAt)}`;
  const waits =
    waiting &&
    `; ${waiting.count} ${waiting.count === 1 ? 'waits' : 'wait'} since ${formatTime(waiting.since)}`;
  const text = `${sent}${waits ?? ''}${lost}`;
  if (waiting !== undefined && now.getTime() - waiting.since.getTime() > patienceMs) {
    const remedy =
      'Look at the receiver, and whether an agent runs that sends: certkeeper agent status';
    return { ...about, severity: 'warning', text, remedy };
  }
  if (sentAt !== undefined) return { ...about, severity: 'ok', text };
  return { ...about, severity: 'note', text, remedy: `Try it: ${test}` };
}
