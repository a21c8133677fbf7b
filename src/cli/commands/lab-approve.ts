import type { Body } from '../command.ts';
import { decideRequest } from '../lab-directory.ts';
import type { LabApproveParameters } from '../parameters-lab.ts';

/** Let the lab issue a waiting request. */
export const run: Body<LabApproveParameters> = async (args, context) => {
  const { id } = args;
  const { subject } = await decideRequest(args, 'approved', undefined, context);
  context.print.done(
    { id, subject, decision: 'approved' },
    `Request ${id} for "${subject}" is approved; its next poll gets the certificate`,
  );
  return 0;
};
