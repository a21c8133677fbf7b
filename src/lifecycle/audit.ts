import { CertError, exitCodeOf } from '../base/errors.ts';
import { withoutUrlSecretsIn } from '../base/url-secrets.ts';
import type { AuditAct, AuditResult } from '../store/audit-contract.ts';
import type { LifecycleContext } from './context.ts';

/** How an act ended; the time is that of its writing. */
export type ActOutcome = Omit<AuditResult, 'at'>;

type Trail = Pick<LifecycleContext, 'store' | 'clock' | 'log'>;

/**
 * Write to the audit trail what is about to be done; nothing may be changed before.
 *
 * @returns what writes how it ended; it never throws, since that changes nothing any more
 * @throws {CertError} what keeps the store from being written: then nothing must be done
 */
export async function beginAct(
  { store, clock, log }: Trail,
  act: Omit<AuditAct, 'at'>,
): Promise<(outcome: ActOutcome) => Promise<void>> {
  const id = await store.audit.begin({ ...act, at: clock.now() });
  return async (outcome) => {
    try {
      await store.audit.end(id, { ...outcome, at: clock.now() });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.warn(`the audit trail does not say how "${act.what}" ended: ${why}`);
    }
  };
}

/**
 * Do something that changes what is stored or what the world sees, with a line in the audit trail before it and one
 * after it. A process that is killed in between leaves the first alone.
 *
 * @param outcomeOf how it ended, when the body did not throw
 */
export async function audited<T>(
  context: Trail,
  act: Omit<AuditAct, 'at'>,
  body: () => Promise<T>,
  outcomeOf: (value: T) => ActOutcome = () => ({ exitCode: 0 }),
): Promise<T> {
  const end = await beginAct(context, act);
  let value: T;
  try {
    value = await body();
  } catch (error) {
    await end(outcomeOfError(error));
    throw error;
  }
  await end(outcomeOf(value));
  return value;
}

/** Tell how something ended that threw; anything but a `CertError` is a bug. */
export function outcomeOfError(error: unknown): ActOutcome {
  if (error instanceof CertError) {
    const { code, message } = error;
    // It quotes what was typed.
    return { exitCode: exitCodeOf[code], code, text: withoutUrlSecretsIn(message) };
  }
  return { exitCode: exitCodeOf.INTERNAL, code: 'INTERNAL', text: String(error) };
}
