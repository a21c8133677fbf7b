import { CertError, exitCodeOf } from '../base/errors.ts';
import { audited, type ActOutcome } from '../lifecycle/audit.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { poll, type PollResult } from '../lifecycle/poll.ts';
import { update } from '../lifecycle/update.ts';
import type { AuditActor } from '../store/audit-contract.ts';
import type { Job } from './job.ts';
import { outcomeOf, outcomeOfError, type JobOutcome } from './outcome.ts';

/** What a job is done with. */
export interface PerformContext extends LifecycleContext {
  /** Whom the audit trail names. */
  readonly actor: AuditActor;
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
      case 'poll':
      case 'deploy':
        return judge(await poll(context, { name: job.name, waitSeconds: 0 }));
      case 'fetch':
      case 'track':
      case 'notify':
        throw new CertError('INTERNAL', `Cannot do a job of kind "${job.kind}"`);
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
    async () => outcomeOf(await update(context, { current: name, waitSeconds: 0 })),
    toAct,
  );
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
