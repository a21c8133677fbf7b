import { removeOcspObject } from '../../lifecycle/ocsp-objects.ts';
import type { Body } from '../command.ts';
import type { noOcspObjectParameters } from '../parameters-validation.ts';

/** Remove an OCSP object. */
export const run: Body<typeof noOcspObjectParameters> = async ({ name }, context) => {
  await removeOcspObject(await context.services(), name);
  context.print.done({ removed: name }, `OCSP object "${name}" is removed`);
  return 0;
};
