import type { Body } from '../command.ts';
import type { showCertParameters } from '../parameters-ca.ts';

/** List what is in the store, or show everything about one certificate. */
export const run: Body<typeof showCertParameters> = async ({ full, certName }, context) => {
  if (certName === undefined) {
    const { showCertificateList } = await import('../show-certificate-list.ts');
    await showCertificateList(full, context);
  } else {
    const { showCertificate } = await import('../show-certificate.ts');
    await showCertificate(certName, full, context);
  }
  return 0;
};
