import type { Body } from '../command.ts';
import type { noCertificateNameParameters } from '../parameters-certificate.ts';
import { run as remove } from './cert-remove.ts';

/** Remove a certificate with the files that were written for it, as a gateway does. */
export const run: Body<typeof noCertificateNameParameters> = async ({ name }, context) =>
  await remove({ certName: name, ca: false, withFiles: true }, context);
