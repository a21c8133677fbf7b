import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { EnrollParameters } from '../parameters-cmp.ts';

/** Get a further certificate, signed for by one that is here. */
export const run: Body<EnrollParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
