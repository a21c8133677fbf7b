import { printable } from '../../base/printable.ts';
import { forgetHeldCrl } from '../../lifecycle/forget-crl.ts';
import { withoutUserinfo } from '../../retrieval/url.ts';
import type { Body } from '../command.ts';
import type { clearCaCrlParameters } from '../parameters-validation.ts';

/** Forget the CRL that is held from a place, whatever its number. */
export const run: Body<typeof clearCaCrlParameters> = async ({ name, url = '' }, context) => {
  const services = await context.services();
  const forgotten = await forgetHeldCrl(services, name === undefined ? { url } : { name });
  const { number } = forgotten;
  const which = number === undefined ? 'The CRL' : `CRL number ${number}`;
  const place = printable(withoutUserinfo(forgotten.url));
  context.print.done(
    { cleared: place, ...(number !== undefined && { number: number.toString() }) },
    `${which} of ${place} is forgotten: the next one counts, whatever its number`,
  );
  return 0;
};
