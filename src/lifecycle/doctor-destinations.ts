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
}: Pick<LifecycleContext, 'store'>): Promise<readonly DoctorFinding[]> {
  return (await store.destinations.list()).map(finding);
}

function finding({ name, dropped, sentAt, failure }: DestinationRecord): DoctorFinding {
  const lost = dropped === 0 ? '' : `; ${dropped} were given up`;
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
  if (sentAt === undefined) {
    return { ...about, severity: 'note', text: 'none was sent yet', remedy: `Try it: ${test}` };
  }
  return { ...about, severity: 'ok', text: `the last one went at ${formatTime(sentAt)}${lost}` };
}
