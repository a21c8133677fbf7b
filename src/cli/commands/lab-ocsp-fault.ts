import { parseOcspFault } from '../../ca/ocsp-fault.ts';
import type { Body } from '../command.ts';
import { withLedger } from '../lab-directory.ts';
import type { LabOcspFaultParameters } from '../parameters-lab.ts';
import { plural } from '../plural.ts';

/** Have the responder of a lab do something wrong, while it runs. */
export const run: Body<LabOcspFaultParameters> = async ({ fault, dir }, context) => {
  const asked = parseOcspFault(fault);
  await withLedger(dir, context, (ledger) => ledger.putOcspFault(asked));
  const { name, serial, times } = asked;
  const about = serial === undefined ? '' : ` about ${serial}`;
  const until =
    times === undefined ? 'until "no lab ocsp-fault"' : `for the next ${plural(times, 'request')}`;
  context.print.done(
    { fault: name, serial, times },
    `The responder does "${name}"${about}, ${until}`,
  );
  return 0;
};
