import type { Body } from '../command.ts';
import { withLedger } from '../lab-directory.ts';
import type { labDirParameters } from '../parameters-lab.ts';

/** Have the responder of a lab be right again, while it runs. */
export const run: Body<typeof labDirParameters> = async ({ dir }, context) => {
  await withLedger(dir, context, (ledger) => ledger.clearOcspFaults());
  context.print.done({ fault: null }, 'The responder is right again');
  return 0;
};
