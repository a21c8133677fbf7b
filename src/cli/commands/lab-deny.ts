import type { Body } from '../command.ts';
import { decideRequest } from '../lab-directory.ts';
import type { LabDenyParameters } from '../parameters-lab.ts';

/** Let the lab reject a waiting request. */
export const run: Body<LabDenyParameters> = async (args, context) => {
  const { id, reason } = args;
  const { subject } = await decideRequest(args, 'denied', reason, context);
  context.print.done(
    { id, subject, decision: 'denied', reason },
    `Request ${id} for "${subject}" is denied; its next poll is told so`,
  );
  return 0;
};
