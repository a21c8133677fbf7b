import { removePolicy } from '../../lifecycle/validation-policies.ts';
import type { Body } from '../command.ts';
import type { noPolicyParameters } from '../parameters-validation.ts';

/** Remove a policy. */
export const run: Body<typeof noPolicyParameters> = async ({ name }, context) => {
  await removePolicy(await context.services(), name);
  context.print.done({ removed: name }, `Policy "${name}" is removed`);
  return 0;
};
