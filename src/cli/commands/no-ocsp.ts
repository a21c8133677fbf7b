import { askNoMore } from '../../lifecycle/ask-no-more.ts';
import type { Body } from '../command.ts';
import type { noOcspParameters } from '../parameters-validation.ts';

/** Have a policy ask no more by OCSP. */
export const run: Body<typeof noOcspParameters> = async ({ policy }, context) => {
  const { name, wasAsking } = await askNoMore(await context.services(), policy);
  context.print.done(
    { name, changed: wasAsking },
    wasAsking
      ? `Policy "${name}" asks no more by OCSP`
      : `Policy "${name}" asked nobody by OCSP before`,
  );
  return 0;
};
