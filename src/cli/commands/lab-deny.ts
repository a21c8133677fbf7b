import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { LabDenyParameters } from '../parameters-lab.ts';

/** Let the lab reject a waiting request. */
export const run: Body<LabDenyParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
