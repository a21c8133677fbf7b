import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { labDirParameters } from '../parameters-lab.ts';

/** List what waits for approval in the lab. */
export const run: Body<typeof labDirParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
