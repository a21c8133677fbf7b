import { CertError } from '../base/errors.ts';
import type { HookEvent } from '../deploy/hook-environment.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { deployCertificate } from './deploy-certificate.ts';

/**
 * Put key, chain and certificate where services read them, tell the services, and remember that it was
 * done. What fails here is tried again by `cmp poll`: the certificate is current all the same.
 *
 * @param event what the hook is told; absent: what the versions show
 * @returns the paths written
 * @throws {CertError} DELIVERY_FAILED
 */
export async function deliverCertificate(
  context: LifecycleContext,
  record: CertificateRecord,
  transactionID: string,
  event?: HookEvent,
): Promise<readonly string[]> {
  const { store, clock } = context;
  const { id, name, ca = '' } = record;
  const said = { name, ca, transactionID };
  try {
    const { directory, files } = await deployCertificate(context, record, event);
    const at = clock.now();
    await store.certificates.markDelivered(id, directory, at, [
      { at, ...said, type: 'delivered', directory },
    ]);
    await tellEndpoints(context, record);
    return files;
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'DELIVERY_FAILED') throw error;
    const at = clock.now();
    await store.certificates.deliveryFailed(id, error.message, at, [
      { at, ...said, type: 'delivery-failed', text: error.message },
    ]);
    throw new CertError('DELIVERY_FAILED', error.message, {
      cause: error,
      hint: `${error.hint === undefined ? '' : `${error.hint}. `}The certificate is issued and stored; "certkeeper cmp poll current-cert ${name}" writes its files and tells their services`,
    });
  }
}

/** Have endpoints that no deployment is about serve the staple of the new certificate; what fails is tried again. */
async function tellEndpoints(
  context: LifecycleContext,
  { name }: CertificateRecord,
): Promise<void> {
  if ((await context.store.staples.endpoints(name)).length === 0) return;
  const { stapleHeld } = await import('./staple-certificate.ts');
  await stapleHeld(context, name);
}
