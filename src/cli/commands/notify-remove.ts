import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { destinationNameParameters } from '../parameters-notify.ts';
import { plural } from '../plural.ts';

/** Send nothing to a destination any more. */
export const run: Body<typeof destinationNameParameters> = async ({ name }, context) => {
  const { store } = await context.services();
  const waiting = (await store.outbox.sizes()).get(name) ?? 0;
  if (!(await store.destinations.remove(name))) {
    throw new CertError('CONFIG_INVALID', `Cannot remove destination "${name}": there is none`, {
      hint: 'See "certkeeper show snmp"',
    });
  }
  context.print.done(
    { removed: name, dropped: waiting },
    `Nothing is sent to "${name}" any more${waiting === 0 ? '' : `; ${plural(waiting, 'notification')} that waited for it went, too`}`,
  );
  return 0;
};
