import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { labParameters } from '../parameters-lab.ts';

/** Run the lab CA until Ctrl-C. */
export const run: Body<typeof labParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
