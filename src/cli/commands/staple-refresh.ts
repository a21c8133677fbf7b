import { CertError } from '../../base/errors.ts';
import { stapleCertificate } from '../../lifecycle/staple-certificate.ts';
import type { Body } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import type { stapleRefreshParameters } from '../parameters-staple.ts';
import { reportStaple } from '../staple-report.ts';

/** Ask for an OCSP response now. */
export const run: Body<typeof stapleRefreshParameters> = async ({ name }, context) => {
  const services = await context.services();
  const { staples } = services.store;
  if ((await staples.endpoints(name)).length === 0) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot refresh the staple of "${name}": it has no endpoint`,
      {
        hint: `Name one with "certkeeper staple add ${name} target …"`,
      },
    );
  }
  if ((await services.store.certificates.current(name)) === undefined) {
    throw new CertError(
      'CERT_UNKNOWN',
      `Cannot refresh the staple of "${name}": it has no current certificate`,
      {
        hint: 'See "certkeeper show cert"',
      },
    );
  }
  const report = await interruptible(context, name, (signal) =>
    stapleCertificate({ ...services, signal }, name, { byHand: true }),
  );
  return reportStaple(name, report, context);
};
