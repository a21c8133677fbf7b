import { CertError } from '../../base/errors.ts';
import { removeEndpoint } from '../../lifecycle/staple-settings.ts';
import type { Body } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import type { stapleRemoveParameters } from '../parameters-staple.ts';

/** Withdraw a staple, and forget where it was. */
export const run: Body<typeof stapleRemoveParameters> = async ({ name, to, force }, context) => {
  const services = await context.services();
  const labels = (await services.store.staples.endpoints(name)).map(({ label }) => label);
  const label = to ?? labels[0];
  if (label === undefined || !labels.includes(label)) {
    const which = label === undefined ? 'endpoint' : `endpoint "${label}"`;
    context.print.done({ name, removed: false }, `No ${which} of "${name}" was set`);
    return 0;
  }
  if (to === undefined && labels.length > 1) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot choose which endpoint of "${name}" to remove: it has ${labels.join(', ')}`,
      { hint: `Name one, as in "to ${labels[0]}"` },
    );
  }
  const removed = await interruptible(context, name, (signal) =>
    removeEndpoint({ ...services, signal }, name, label, { isForced: force }),
  );
  context.print.done(
    { name, to: label, removed },
    `No OCSP response of "${name}" is kept at "${label}" any more`,
  );
  return 0;
};
