import { CertError } from '../base/errors.ts';
import type { Store } from '../store/store.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { daysSet } from './days-set.ts';
import { lifetimeOf, renewalTime, warningTime } from './renewal-time.ts';

/** Names looked at: one of them is enough to be told, and a million would take a minute. */
const most = 1000;

/** Find names that would be warned of before the agent renews them, since the warning time is the longer one. */
export async function warnedInVain(
  store: Pick<Store, 'nameSettings' | 'certificates'>,
  warningHours: number,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name] of await store.nameSettings.having('auto-update-days', most)) {
    const days = await daysSet(store, name, 'auto-update-days');
    const record = days === undefined ? undefined : await store.certificates.current(name);
    if (record === undefined) continue;
    try {
      const lifetime = lifetimeOf(decodeCertificate(record.der).tbsCertificate.validity);
      const { at } = renewalTime(lifetime, record, days);
      if (warningHours > 0 && warningTime(lifetime, warningHours) < at) found.push(name);
    } catch (error) {
      if (!(error instanceof CertError)) throw error;
    }
  }
  return found;
}
