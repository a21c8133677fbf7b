import { CertError } from '../../base/errors.ts';
import { removeDeployment } from '../../lifecycle/deploy-settings.ts';
import type { Body } from '../command.ts';
import { interruptible } from '../interruptible.ts';
import type { noCertDeployParameters } from '../parameters-deploy.ts';

/** Undo `cert deploy`. */
export const run: Body<typeof noCertDeployParameters> = async ({ certName: name, to }, context) => {
  const { print } = context;
  const services = await context.services();
  const deployments = await services.store.deployments.list(name);
  const labels = deployments.map(({ label }) => label);
  const label = to ?? labels[0];
  if (label === undefined) {
    print.done({ name, removed: false }, `No deployment of "${name}" was set`);
    return 0;
  }
  if (to === undefined && labels.length > 1) {
    throw new CertError(
      'USAGE_INVALID',
      `Cannot choose which deployment of "${name}" to forget: it has ${labels.join(', ')}`,
      { hint: `Name one, as in "to ${labels[0]}"` },
    );
  }
  const result = await interruptible(context, name, (signal) =>
    removeDeployment({ ...services, signal }, name, label),
  );
  const target = deployments.find((each) => each.label === label)?.target;
  const stays =
    target?.type === 'strongswan'
      ? `the charon at "${target.socket}" keeps what it was given until it is started anew`
      : 'files already written stay';
  const files = result?.type === 'deployed' ? result.files : [];
  print.done(
    { name, to: label, removed: result !== undefined, files },
    result === undefined
      ? `No deployment "${label}" of "${name}" was set`
      : `"${name}" is not deployed to "${label}" any more; ${stays}` +
          (files.length > 0 ? `. It goes to the cert-store location now: ${files.join(', ')}` : ''),
  );
  return 0;
};
