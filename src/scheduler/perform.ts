import { CertError, exitCodeOf } from '../base/errors.ts';
import { audited, type ActOutcome } from '../lifecycle/audit.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { fetchCertificate } from '../lifecycle/fetch-certificate.ts';
import { readFetchPlace, type FetchReader } from '../lifecycle/fetch-place.ts';
import { poll, type PollResult } from '../lifecycle/poll.ts';
import { prepareReplacement } from '../lifecycle/said-revoked.ts';
import { stapleCertificate } from '../lifecycle/staple-certificate.ts';
import { trackCertificate } from '../lifecycle/track-certificate.ts';
import { readTrackSource } from '../lifecycle/track-source.ts';
import { update } from '../lifecycle/update.ts';
import type { AuditActor } from '../store/audit-contract.ts';
import type { Job } from './job.ts';
import { outcomeOf, outcomeOfError, type JobOutcome } from './outcome.ts';

/** What a job is done with. */
export interface PerformContext extends LifecycleContext {
  /** Whom the audit trail names. */
  readonly actor: AuditActor;
  /** Fetch a file by its URL. */
  readonly retrieve: FetchReader['retrieve'];
}

/**
 * Do a job by the use case that a command would: the agent has no way of its own to a certificate. What waits for a CA
 * is left waiting; a job of its own goes on with it.
 *
 * @returns what went wrong, too; nothing is thrown
 */
export async function perform(context: PerformContext, job: Job): Promise<JobOutcome> {
  try {
    switch (job.kind) {
      case 'update':
        return await renew(context, job);
      case 'enrol':
      case 'poll':
      case 'deploy':
        return judge(await poll(context, { name: job.name, waitSeconds: 0 }));
      case 'fetch':
        return await fetch(context, job);
      case 'track':
        return await track(context, job);
      case 'staple':
        // What responders and endpoints do is written beside them, with the time to try again.
        return await staple(context, job);
      case 'notify':
        // Its alarms are looked at after whatever was done about a name.
        return { type: 'done' };
    }
  } catch (error) {
    return await failed(context, job, error);
  }
}

async function renew(context: PerformContext, { name }: Job): Promise<JobOutcome> {
  const { actor } = context;
  const act = { actor, what: 'renew', arguments: [['cert-name', name]] as const };
  return audited(
    context,
    act,
    async () => {
      await prepareReplacement(context, name);
      return outcomeOf(await update(context, { current: name, waitSeconds: 0 }));
    },
    toAct,
  );
}

/** Nothing newer is no failure, and is looked for again at growing intervals all the same. */
async function fetch(context: PerformContext, { name }: Job): Promise<JobOutcome> {
  const { actor } = context;
  const act = { actor, what: 'fetch', arguments: [['cert-name', name]] as const };
  return audited(
    context,
    act,
    async () => {
      const { type } = await fetchCertificate(context, {
        name,
        read: (place) => readFetchPlace(place, name, context),
      });
      if (type === 'fetched') return { type: 'done' };
      const text = 'there is nothing newer yet';
      return { type: 'failing', code: 'CMP_WAITING', text, isCaDown: false };
    },
    toAct,
  );
}

async function staple(context: PerformContext, { name }: Job): Promise<JobOutcome> {
  const { freesDelivery } = await stapleCertificate(context, name);
  // What was held back for want of it is tried at once.
  if (freesDelivery) await context.store.schedule.recovered(name, 'deploy');
  return { type: 'done' };
}

async function track(context: PerformContext, { name }: Job): Promise<JobOutcome> {
  const { store, clock } = context;
  await trackCertificate(context, { name, read: (source) => readTrackSource(source, context) });
  await store.nameSettings.set(name, 'track-read-at', String(clock.now().getTime()));
  return { type: 'done' };
}

function toAct(outcome: JobOutcome): ActOutcome {
  if (outcome.type === 'done' || outcome.type === 'busy') return { exitCode: 0 };
  const { code, text } = outcome;
  return { exitCode: exitCodeOf[code], code, text };
}

function judge(result: PollResult): JobOutcome {
  return result.type === 'delivered' || result.type === 'settled'
    ? { type: 'done' }
    : outcomeOf(result);
}

/** A certificate that is issued and not delivered is there: what is left is a job of its own, which has failed once. */
async function failed(context: PerformContext, job: Job, error: unknown): Promise<JobOutcome> {
  // The agent ends: what is outstanding stays so, and nothing has failed.
  if (context.signal?.aborted === true) return { type: 'busy' };
  const outcome = outcomeOfError(error);
  const isDelivery = error instanceof CertError && error.code === 'DELIVERY_FAILED';
  if (!isDelivery || job.kind === 'deploy' || outcome.type !== 'failing') return outcome;
  const { code, text, type: kind } = outcome;
  const at = context.clock.now();
  await context.store.schedule.failed(job.name, { job: 'deploy', kind, code, text, at });
  return { type: 'done' };
}
