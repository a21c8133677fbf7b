import { systemClock } from '../../agent/system-clock.ts';
import { openExistingLedger } from '../../ca/ledger.ts';
import type { Body } from '../command.ts';
import { labDirectory } from '../lab-directory.ts';
import type { LabApproveParameters } from '../parameters-lab.ts';

/** Let the lab issue a waiting request. */
export const run: Body<LabApproveParameters> = async ({ id, dir }, context) => {
  const ledger = await openExistingLedger(labDirectory(dir, context), systemClock);
  try {
    const { subject } = await ledger.decide(id, 'approved');
    context.print.done(
      { id, subject, decision: 'approved' },
      `Request ${id} for "${subject}" is approved; its next poll gets the certificate`,
    );
  } finally {
    await ledger.close();
  }
  return 0;
};
