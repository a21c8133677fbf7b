import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { UpdateParameters } from '../parameters-cmp.ts';

/** Renew a certificate. */
export const run: Body<UpdateParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
