import type { Body } from '../command.ts';
import type { noCertHookParameters } from '../parameters-deploy.ts';

/** Undo `cert hook`. */
export const run: Body<typeof noCertHookParameters> = async ({ certName: name }, context) => {
  const { store } = await context.services();
  const removed = await store.deployments.removeHook(name);
  context.print.done(
    { name, removed },
    removed ? `No program is run after a delivery of "${name}" any more` : `"${name}" has no hook`,
  );
  return 0;
};
