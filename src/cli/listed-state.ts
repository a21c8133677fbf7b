import { certificateState, stateText } from '../lifecycle/certificate-state.ts';
import { mostWarningHours, notificationPolicy } from '../lifecycle/notification-policy.ts';
import { hourMs } from '../traps/alarms/policy.ts';
import type { ListedCertificate, Store } from '../store/store.ts';
import type { ListedView } from './certificate-view.ts';

/** What a list has of a certificate. */
type Listed = Pick<ListedCertificate, 'name' | 'status' | 'source'>;

/** What fails is told of so many names; where it is more, of the others what they are all the same. */
const maxFailures = 10_000;

/**
 * Make what says where names stand, in the words of `show cert N`, for a list of any length. A name that something is
 * under way for, or that is near its end, is read like there; of all others their octets say it.
 */
export async function listedStates(
  store: Store,
  now: Date,
): Promise<(record: Listed, view: ListedView) => Promise<string | undefined>> {
  const busy = new Set([
    ...namesOf(await store.transactions.overview()),
    ...namesOf(await store.certificates.pendingDelivery()),
    ...namesOf(await store.schedule.failures(maxFailures)),
  ]);
  const { warningHours } = await notificationPolicy(store);
  const nearMs = Math.min(warningHours, mostWarningHours) * hourMs;
  return async ({ name, status, source }, { notBefore, notAfter }) => {
    const endsSoon = notAfter !== undefined && notAfter.getTime() - now.getTime() <= nearMs;
    if (busy.has(name) || (endsSoon && notAfter > now)) {
      const { standsAs } = await import('./name-report.ts');
      return standsAs(store, name, now);
    }
    if (notBefore === undefined || notAfter === undefined) return undefined;
    const certificate = { status, source, notBefore, notAfter, delivery: 'none' } as const;
    return stateText(certificateState({ certificate, hasKeyRequest: false }, now));
  };
}

function namesOf(all: readonly { readonly name: string }[]): readonly string[] {
  return all.map(({ name }) => name);
}
