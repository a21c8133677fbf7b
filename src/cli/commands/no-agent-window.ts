import { CertError } from '../../base/errors.ts';
import { readWindows, removeWindow } from '../../lifecycle/stored-windows.ts';
import type { Body } from '../command.ts';
import type { noAgentWindowParameters } from '../parameters-agent.ts';

/** Remove a maintenance window. */
export const run: Body<typeof noAgentWindowParameters> = async ({ name }, context) => {
  const { store } = await context.services();
  if (!(await removeWindow(store, name))) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot remove maintenance window "${name}": there is none`,
      {
        hint: 'See "certkeeper show agent windows"',
      },
    );
  }
  const { length } = await readWindows(store);
  context.print.done(
    { name, left: length },
    length === 0
      ? `Maintenance window "${name}" was the last: renewals are begun at any time`
      : `Maintenance window "${name}" is removed`,
  );
  return 0;
};
