import { systemClock } from '../../agent/system-clock.ts';
import { openExistingLedger } from '../../ca/ledger.ts';
import type { Body } from '../command.ts';
import { labDirectory } from '../lab-directory.ts';
import type { LabDenyParameters } from '../parameters-lab.ts';

/** Let the lab reject a waiting request. */
export const run: Body<LabDenyParameters> = async ({ id, dir, reason }, context) => {
  const ledger = await openExistingLedger(labDirectory(dir, context), systemClock);
  try {
    const { subject } = await ledger.decide(id, 'denied', reason);
    context.print.done(
      { id, subject, decision: 'denied', reason },
      `Request ${id} for "${subject}" is denied; its next poll is told so`,
    );
  } finally {
    await ledger.close();
  }
  return 0;
};
