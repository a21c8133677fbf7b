import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import type { CertificateRecord } from '../store/store.ts';
import { alone } from './alone.ts';
import type { LifecycleContext } from './context.ts';
import { deliverCertificate } from './deliver-certificate.ts';
import { storedCertificate } from './stored-certificate.ts';
import { assertManaged } from './tracked.ts';

/** What is current again. */
export interface RestoreResult {
  readonly certificate: CertificateRecord;
  /** What was current before. */
  readonly replaced: CertificateRecord | undefined;
  readonly files: readonly string[];
}

/**
 * Make an earlier certificate of a name the current one again, with its key, and deliver it as any other.
 * What it replaces is kept, and can be restored too.
 *
 * @param version its number; absent: the newest of those that are not current, so that twice is back where it began
 * @throws {CertError} CERT_UNKNOWN, CERT_INVALID for one that is revoked or not valid now, CERT_TRACKED, DELIVERY_FAILED
 */
export async function restoreCertificate(
  context: LifecycleContext,
  { name, version }: { readonly name: Label; readonly version?: number },
): Promise<RestoreResult> {
  return alone(context, name, 0, async (held) => {
    const { store, clock, log } = held;
    const versions = await store.certificates.versions(name);
    const replaced = versions.find(({ status }) => status === 'current');
    if (replaced) assertManaged(replaced, 'restore');
    const chosen = choose(name, versions, version);
    assertUsable(chosen, clock.now());
    for (const { operation } of await store.transactions.outstanding(name)) {
      if (operation === 'rr') continue;
      log.warn(
        `the ${operation} of "${name}" is outstanding: what the CA grants takes the place of version ${chosen.version}; ` +
          `"certkeeper clear cmp cert-name ${name}" drops it`,
      );
    }
    const certificate = await store.certificates.restore(chosen.id);
    const [pending] = await store.certificates.pendingDelivery(name);
    const files =
      pending === undefined ? [] : await deliverCertificate(held, pending, '', 'restored');
    return { certificate, replaced, files };
  });
}

function choose(
  name: Label,
  versions: readonly CertificateRecord[],
  version: number | undefined,
): CertificateRecord {
  const former = versions
    .filter((each) => each.status === 'superseded' && each.version > 0)
    .toSorted((a, b) => b.version - a.version);
  const chosen =
    version === undefined ? former[0] : versions.find((each) => each.version === version);
  if (chosen?.status === 'superseded') return chosen;
  const hint = `See "certkeeper show cert full ${name}"`;
  if (chosen?.status === 'revoked') {
    throw new CertError(
      'CERT_INVALID',
      `Cannot restore version ${chosen.version} of "${name}": it is revoked`,
      { hint },
    );
  }
  const which = version === undefined ? 'an earlier version' : `version ${version}`;
  const why = chosen?.status === 'current' ? 'it is the current one' : 'there is none';
  throw new CertError('CERT_UNKNOWN', `Cannot restore ${which} of "${name}": ${why}`, { hint });
}

function assertUsable({ name, version, der }: CertificateRecord, now: Date): void {
  const { notBefore, notAfter } = storedCertificate(der, `"${name}"`).tbsCertificate.validity;
  if (notBefore.value <= now && now <= notAfter.value) return;
  throw new CertError(
    'CERT_INVALID',
    `Cannot restore version ${version} of "${name}": it is valid from ${formatTime(notBefore.value)} to ${formatTime(notAfter.value)}`,
    { hint: `Renew it: "certkeeper cmp update current-cert ${name}"` },
  );
}
