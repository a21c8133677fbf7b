import type { Clock } from '../base/clock.ts';
import { gate, type Gate } from '../base/gate.ts';
import type { Label } from '../base/label.ts';
import type { Log } from '../base/log.ts';
import type { Schedule } from '../store/schedule-contract.ts';
import type { Job } from './job.ts';
import type { JobOutcome } from './outcome.ts';
import { retryTimeAt } from './retry.ts';

/** The CAs that jobs ask: who may ask one now, and which of them do not answer. */
export interface AuthoritiesAsked {
  /** Until when a CA that does not answer is left alone. */
  readonly downUntil: ReadonlyMap<string, Date>;
  /** Do something in the turn of a name at a CA. */
  inTurn<T>(ca: Label, work: () => Promise<T>): Promise<T>;
  /** Remember by what came of a job whether its CA answers. */
  heard(job: Job, outcome: JobOutcome): Promise<void>;
}

/** Label of the CA that a job asks; undefined for one that asks none. */
export function caAskedBy({ kind, ca }: Job): Label | undefined {
  return kind === 'update' || kind === 'enrol' || kind === 'poll' ? ca : undefined;
}

/**
 * Begin with what is stored of silent CAs.
 *
 * @param perCa names that may ask one CA at a time; one that did not answer is asked by one, until it does
 */
export async function authoritiesAsked(
  {
    schedule,
    clock,
    log,
  }: { readonly schedule: Schedule; readonly clock: Pick<Clock, 'now'>; readonly log: Log },
  perCa: number,
): Promise<AuthoritiesAsked> {
  const downUntil = new Map<string, Date>();
  for (const health of await schedule.silentCas()) {
    downUntil.set(health.ca, retryTimeAt({ ...health, kind: 'failing' }, health.ca, clock.now()));
  }
  const gates = new Map<string, Gate>();
  return {
    downUntil,
    async inTurn(ca, work) {
      const found = gates.get(ca) ?? gate(() => (downUntil.has(ca) ? 1 : perCa));
      gates.set(ca, found);
      return found.through(work);
    },
    async heard(job, outcome) {
      const ca = caAskedBy(job);
      if (ca === undefined || outcome.type === 'busy') return;
      if (outcome.type !== 'done' && outcome.isCaDown) {
        const health = await schedule.caSilent(ca, clock.now());
        downUntil.set(ca, retryTimeAt({ ...health, kind: 'failing' }, ca, clock.now()));
      } else if (downUntil.delete(ca)) {
        await schedule.caAnswered(ca);
        log.info(`CA "${ca}" answers again`);
      }
    },
  };
}
