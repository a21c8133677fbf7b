import type { Body } from '../command.ts';
import type { noAutoUpdateParameters } from '../parameters-agent.ts';

/** Leave the renewal of a certificate to people again. */
export const run: Body<typeof noAutoUpdateParameters> = async ({ currentName: name }, context) => {
  const { store } = await context.services();
  const had = await store.nameSettings.remove(name, 'auto-update-days');
  context.print.done(
    { name, had },
    had
      ? `"${name}" is not renewed by the agent any more`
      : `"${name}" was not renewed by the agent`,
  );
  return 0;
};
