import type { Body } from '../command.ts';
import type { showCertParameters } from '../parameters-ca.ts';

/** List what is in the store, or show everything about one name. */
export const run: Body<typeof showCertParameters> = async (
  { full, expiring, certName },
  context,
) => {
  if (certName !== undefined) {
    const { showCertificate } = await import('../show-certificate.ts');
    await showCertificate(certName, full, context);
    return 0;
  }
  const { showCertificateList } = await import('../show-certificate-list.ts');
  await showCertificateList(
    expiring === undefined ? { type: 'all', full } : { type: 'expiring', count: expiring },
    context,
  );
  return 0;
};
