import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { PollParameters } from '../parameters-cmp.ts';

/** Ask for the answer to an outstanding request. */
export const run: Body<PollParameters> = async () => {
  throw new CertError('INTERNAL', 'Cannot run this command: it is not built yet');
};
