import type { Label } from '../base/label.ts';
import type { LifecycleContext } from './context.ts';
import { assertCaCertificateUnneeded, assertProfileUnneeded } from './needed-by.ts';
import { oneJudgingChange } from './one-judging-change.ts';

/**
 * Forget a CA profile and its secrets.
 *
 * @throws {CertError} CONFIG_INVALID when peers are judged by it, IN_PROGRESS
 */
export async function removeProfile(context: LifecycleContext, label: string): Promise<void> {
  await oneJudgingChange(context, async () => {
    await assertProfileUnneeded(context.store, label);
    await context.store.authorities.remove(label);
  });
}

/**
 * Forget a CA certificate of the local CA store.
 *
 * @throws {CertError} CONFIG_INVALID when peers are judged by it, IN_PROGRESS
 */
export async function removeCaCertificate(context: LifecycleContext, label: Label): Promise<void> {
  await oneJudgingChange(context, async () => {
    await assertCaCertificateUnneeded(context.store, label);
    await context.store.caCertificates.remove(label);
  });
}
