import { encodePem } from '../asn1/pem.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';
import { storedCertificate } from './stored-certificate.ts';

/**
 * Write the anchors of a certificate's CA profile as PEM: without those that have expired, but never none.
 *
 * @returns undefined when there is no profile, or no anchor in it
 */
export async function anchorsPem(
  { store, clock }: Pick<LifecycleContext, 'store' | 'clock'>,
  { ca }: Pick<CertificateRecord, 'ca'>,
): Promise<string | undefined> {
  const { roots = [] } = (ca === undefined ? undefined : await store.authorities.get(ca)) ?? {};
  const now = clock.now().getTime();
  const valid = roots.filter((der) => endOf(der) >= now);
  const last = roots.toSorted((a, b) => endOf(b) - endOf(a)).slice(0, 1);
  const kept = valid.length > 0 ? valid : last;
  if (kept.length === 0) return undefined;
  return kept.map((der) => encodePem('CERTIFICATE', der)).join('');
}

function endOf(der: Uint8Array): number {
  return storedCertificate(der, 'a root').tbsCertificate.validity.notAfter.value.getTime();
}
