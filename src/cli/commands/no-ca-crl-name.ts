import { removeConfiguredCrl } from '../../lifecycle/configured-crls.ts';
import type { Body } from '../command.ts';
import type { noCaCrlParameters } from '../parameters-validation.ts';

/** Fetch a CRL no more. */
export const run: Body<typeof noCaCrlParameters> = async ({ name }, context) => {
  await removeConfiguredCrl(await context.services(), name);
  context.print.done({ removed: name }, `CRL "${name}" is fetched no more`);
  return 0;
};
