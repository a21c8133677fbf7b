import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { Store } from '../store/store.ts';
import { alone } from './alone.ts';
import type { LifecycleContext } from './context.ts';
import { deliverCertificate } from './deliver-certificate.ts';

/**
 * Deliver what a change of a CA's anchors has left to do: every endpoint with a file `ca` gets the old ones and the
 * new together, by the path of every delivery. The store has marked them as pending in the write that changed the
 * anchors, so that whatever is not done here is done by the next command for the name.
 *
 * @param except a name whose files are the caller's own work
 * @throws {CertError} DELIVERY_FAILED with everything that is not done
 */
export async function deliverAnchors(
  context: LifecycleContext,
  ca: Label,
  except?: Label,
): Promise<void> {
  const { store } = context;
  const failures: CertError[] = [];
  for (const { name, ca: from } of await store.certificates.pendingDelivery()) {
    if (from !== ca || name === except || !(await hasAnchorFile(store, name))) continue;
    try {
      await alone(context, name, 0, async (held) => {
        // Looked up again: whoever held the name before may have done it.
        const [pending] = await held.store.certificates.pendingDelivery(name);
        if (pending) await deliverCertificate(held, pending, '');
      });
    } catch (error) {
      const isLeft =
        error instanceof CertError &&
        (error.code === 'DELIVERY_FAILED' || error.code === 'IN_PROGRESS');
      if (!isLeft) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  throw new CertError(
    'DELIVERY_FAILED',
    `The anchors of CA "${ca}" have changed, and are not everywhere yet: ${failures.map(({ message }) => message).join('; ')}`,
    {
      cause: failures.length === 1 ? first : new AggregateError(failures),
      hint: 'Set that right; "certkeeper cmp poll current-cert NAME" goes on with each',
    },
  );
}

async function hasAnchorFile({ deployments }: Store, name: Label): Promise<boolean> {
  const all = await deployments.list(name);
  return all.some(({ files }) => files.some(({ kind }) => kind === 'ca'));
}
