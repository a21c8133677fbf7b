import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { noAutoUpdateParameters } from '../parameters-agent.ts';

/** Leave the renewal of a certificate to people again. */
export const run: Body<typeof noAutoUpdateParameters> = async ({ currentName: name }, context) => {
  const { store } = await context.services();
  const had = await store.nameSettings.remove(name, 'auto-update-days');
  if (!had && (await store.certificates.latest(name)) === undefined) {
    throw new CertError(
      'CERT_UNKNOWN',
      `Cannot leave the renewal of "${name}" to people: there is no such certificate`,
      { hint: 'See "certkeeper show cert"' },
    );
  }
  context.print.done(
    { name, had },
    had
      ? `"${name}" is not renewed by the agent any more`
      : `"${name}" was not renewed by the agent`,
  );
  return 0;
};
