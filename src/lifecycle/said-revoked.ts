import type { Label } from '../base/label.ts';
import type { CertificateRecord, Store } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { stapleHash } from './staple-versions.ts';

/** Tell whether the responder of a certificate has said that it is revoked for good. */
export async function isSaidRevoked(
  { staples }: Pick<Store, 'staples'>,
  { der }: Pick<CertificateRecord, 'der'>,
): Promise<boolean> {
  const revoked = (await staples.get(stapleHash(der)))?.revoked;
  return revoked !== undefined && revoked.reason !== 'certificateHold';
}

/**
 * Have the renewal of a certificate that is said to be revoked ask as for a first one, where there is a secret for that:
 * a CA takes no request that is signed with a revoked one (RFC 9810 section 5.3.5).
 */
export async function prepareReplacement(
  { store, log }: Pick<LifecycleContext, 'store' | 'log'>,
  name: Label,
): Promise<void> {
  const current = await store.certificates.current(name);
  if (current?.ca === undefined || !(await isSaidRevoked(store, current))) return;
  if ((await store.nameSettings.get(name, 'renew-by')) !== undefined) return;
  const profile = await store.authorities.get(current.ca);
  const hasSecret = (await store.authorities.kept(current.ca))?.secret === true;
  if (profile?.reference === undefined || !hasSecret) {
    log.warn(
      `"${name}" is revoked, and CA "${current.ca}" has no reference and shared secret for another one; ` +
        'it is asked for with the revoked one, which most CAs refuse',
    );
    return;
  }
  await store.nameSettings.set(name, 'renew-by', `ir ${current.ca}`);
}
