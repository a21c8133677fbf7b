import type { Body } from '../command.ts';
import type { noAutoFetchParameters } from '../parameters-agent.ts';

/** Fetch a certificate by hand only again. */
export const run: Body<typeof noAutoFetchParameters> = async ({ currentName: name }, context) => {
  const { store } = await context.services();
  const had = await store.nameSettings.remove(name, 'auto-fetch-days');
  context.print.done(
    { name, had },
    had
      ? `"${name}" is not fetched by the agent any more`
      : `"${name}" was not fetched by the agent`,
  );
  return 0;
};
