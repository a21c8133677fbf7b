import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { InitializeParameters } from '../parameters-cmp.ts';

/** Make a key and get its first certificate. */
export const run: Body<InitializeParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
