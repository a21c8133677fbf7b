import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { findProfile } from './authority.ts';
import type { LifecycleContext } from './context.ts';
import { moveOf } from './move-certificate.ts';
import { lifetimeOf, renewalTime, type RenewalWindow } from './renewal-time.ts';
import { storedCertificate } from './stored-certificate.ts';

/** What `cmp auto-update` sets. */
export interface AutoUpdateRequest {
  readonly name: Label;
  /** Label of the CA profile, to be sure of it: `cert move` is what changes it. */
  readonly ca?: Label;
  /** Before its end. */
  readonly days: number;
}

/** When the agent will renew, and in which window. */
export interface AutoUpdate {
  readonly at: Date;
  readonly window: RenewalWindow;
}

/**
 * Have a certificate renewed by the agent: `cmp auto-update`.
 *
 * @throws {CertError} CERT_UNKNOWN, CERT_INVALID for a revoked one, CERT_TRACKED, CA_UNKNOWN, and CONFIG_INVALID for one that cannot be renewed
 */
export async function setAutoUpdate(
  context: Pick<LifecycleContext, 'store' | 'clock'>,
  request: AutoUpdateRequest,
): Promise<AutoUpdate> {
  const planned = await checkAutoUpdate(context, request);
  await context.store.nameSettings.set(request.name, 'auto-update-days', String(request.days));
  return planned;
}

/**
 * Tell when the agent would renew a certificate, without setting that it shall.
 *
 * @throws {CertError} as `setAutoUpdate`
 */
export async function checkAutoUpdate(
  { store, clock }: Pick<LifecycleContext, 'store' | 'clock'>,
  { name, ca, days }: AutoUpdateRequest,
): Promise<AutoUpdate> {
  const current = await store.certificates.current(name);
  const refuse = (
    code: 'CERT_UNKNOWN' | 'CERT_INVALID' | 'CERT_TRACKED' | 'CONFIG_INVALID',
    why: string,
    hint: string,
  ) => new CertError(code, `Cannot have "${name}" renewed: ${why}`, { hint });
  if (current === undefined) {
    if ((await store.certificates.latest(name))?.revokedAt !== undefined) {
      throw refuse(
        'CERT_INVALID',
        'it is revoked',
        `Get a new one with "certkeeper cmp initialize cert-name ${name}"`,
      );
    }
    throw refuse('CERT_UNKNOWN', 'there is no such certificate', 'See "certkeeper show cert"');
  }
  if (current.source === 'track') {
    throw refuse(
      'CERT_TRACKED',
      'it is only watched, somebody else renews it',
      `Take it over with "certkeeper cert import cert-name ${name} … replace"`,
    );
  }
  const its = (await moveOf(store, name))?.ca ?? current.ca;
  if (ca !== undefined) await findProfile(store, ca);
  if (its === undefined || (ca !== undefined && ca !== its)) {
    const why = its === undefined ? 'it has no CA profile' : `its CA profile is "${its}"`;
    throw refuse(
      'CONFIG_INVALID',
      why,
      `Give it ${its === undefined ? 'one' : 'another one'} with "certkeeper cert move ${name} ca-root ${ca ?? 'L'}"`,
    );
  }
  if (current.keyId === undefined) {
    throw refuse('CONFIG_INVALID', 'its key is not here', 'Import it together with its key');
  }
  const { validity } = storedCertificate(current.der, `"${name}"`).tbsCertificate;
  const lifetime = lifetimeOf(validity);
  if (lifetime.notAfter <= clock.now()) {
    throw refuse(
      'CONFIG_INVALID',
      'it has expired',
      `Get another one, or try "certkeeper cmp update current-cert ${name} after-expiry"`,
    );
  }
  return renewalTime(lifetime, current, days);
}
