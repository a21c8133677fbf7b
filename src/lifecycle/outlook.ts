import { CertError } from '../base/errors.ts';
import type { DeploymentRecord } from '../store/deployments-contract.ts';
import type { NotificationPolicy } from '../traps/alarms/policy.ts';
import type { CertificateRecord, Store, OutstandingTransaction } from '../store/store.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { certificateState, deliveryState, type CertificateState } from './certificate-state.ts';
import { daysIn } from './days-set.ts';
import {
  isRenewable,
  nextAction,
  type ActionFacts,
  type NextAction,
  type RenewalFacts,
} from './next-action.ts';
import { notificationPolicy } from './notification-policy.ts';
import { lifetimeOf, renewalWindow } from './renewal-time.ts';

/** Where a name stands, what is next, and what tells both. */
export interface Outlook {
  readonly state: CertificateState;
  readonly next: NextAction;
  readonly facts: ActionFacts;
  readonly outstanding?: OutstandingTransaction;
  /** The name's own. */
  readonly settings: ReadonlyMap<string, string>;
  /** As it holds for this certificate. */
  readonly policy: NotificationPolicy;
}

/**
 * Read what the store knows of a name, and tell where it stands.
 *
 * @param record its latest certificate, or the version in question; absent when there is none
 */
export async function outlookOf(
  store: Store,
  name: string,
  record: CertificateRecord | undefined,
  now: Date,
): Promise<Outlook> {
  const [outstanding] = await store.transactions.overview(name);
  const settings = await store.nameSettings.of(name);
  const hasKeyRequest = (await store.keyRequests.get(name)) !== undefined;
  const certificate =
    record && renewalFacts(record, await store.deployments.list(name), settings.has('renew-by'));
  const renewDays = daysIn(settings.get('auto-update-days'));
  const fetchDays = daysIn(settings.get('auto-fetch-days'));
  const policy = await notificationPolicy(store, renewalMs(certificate, renewDays, fetchDays));
  const facts: ActionFacts = {
    hasKeyRequest,
    warnHours: policy.warningHours,
    ...(renewDays !== undefined && { renewDays }),
    ...(fetchDays !== undefined && { fetchDays }),
    ...(certificate && { certificate }),
    ...(outstanding && { outstanding }),
  };
  return {
    state: certificateState(facts, now),
    next: nextAction(facts, now),
    facts,
    settings,
    policy,
    ...(outstanding && { outstanding }),
  };
}

/** How long before its end the agent gets another one; `undefined` when it does not. */
function renewalMs(
  certificate: RenewalFacts | undefined,
  renewDays: number | undefined,
  fetchDays: number | undefined,
): number | undefined {
  if (certificate === undefined) return undefined;
  if (renewDays !== undefined && isRenewable(certificate)) {
    return renewalWindow(certificate, renewDays).ms;
  }
  return fetchDays === undefined ? undefined : renewalWindow(certificate, fetchDays).ms;
}

/** Octets that do not decode have no lifetime: nothing is told of them, as of no certificate. */
function renewalFacts(
  record: CertificateRecord,
  deployments: readonly DeploymentRecord[],
  isMoved: boolean,
): RenewalFacts | undefined {
  try {
    const { validity } = decodeCertificate(record.der).tbsCertificate;
    return {
      status: record.status,
      source: record.source,
      delivery: deliveryState(record, deployments),
      ...lifetimeOf(validity),
      name: record.name,
      version: record.version,
      hasCa: record.ca !== undefined || isMoved,
      hasKey: record.keyId !== undefined,
    };
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return undefined;
  }
}
