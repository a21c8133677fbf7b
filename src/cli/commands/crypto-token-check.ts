import type { Body } from '../command.ts';
import type { tokenCheckParameters } from '../parameters-token.ts';
import { tokenUriOf } from '../token-arguments.ts';

/** Log in to a token, also after it did not take its PIN: somebody is there who wants that. */
export const run: Body<typeof tokenCheckParameters> = async ({ token }, context) => {
  const uri = tokenUriOf(token);
  const services = await context.services();
  const found = await (await services.tokens()).check(uri);
  const { label, manufacturerID, model, serialNumber } = found;
  context.print.done(
    { token: label, manufacturer: manufacturerID, model, serial: serialNumber },
    `Token "${label}" (${manufacturerID}, ${model}, serial ${serialNumber}) is there and takes its PIN`,
  );
  return 0;
};
