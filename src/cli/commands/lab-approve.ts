import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { LabApproveParameters } from '../parameters-lab.ts';

/** Let the lab issue a waiting request. */
export const run: Body<LabApproveParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
