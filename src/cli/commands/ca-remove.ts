import { CertError } from '../../base/errors.ts';
import { assertProfileUnneeded } from '../../lifecycle/needed-by.ts';
import { removeProfile } from '../../lifecycle/remove-authority.ts';
import { commandLine } from '../command-line.ts';
import type { Body } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { caRemoveParameters } from '../parameters-ca.ts';

/** Forget a CA profile and its secret, unless a request to it is outstanding. */
export const run: Body<typeof caRemoveParameters> = async ({ label }, context) => {
  const services = await context.services();
  const { store } = services;
  const waiting = (await store.transactions.overview()).find(({ ca }) => ca === label);
  if (waiting !== undefined) {
    throw new CertError(
      'TRANSACTION_OUTSTANDING',
      `Cannot remove CA profile "${label}": the request for "${waiting.name}" waits for it`,
      {
        hint: `Finish it with cmp poll current-cert ${waiting.name}, or close it with clear cmp cert-name ${waiting.name}`,
      },
    );
  }
  if ((await store.authorities.get(label)) === undefined) {
    throw new CertError('CA_UNKNOWN', `Cannot remove CA profile "${label}": there is none`, {
      hint: `See ${commandLine(['ca', 'show'], context.globals)}`,
    });
  }
  await assertProfileUnneeded(store, label);
  const agreed = await confirm(
    `Remove CA profile "${label}" and its secret? Certificates stay.`,
    `remove CA profile "${label}"`,
    context,
  );
  if (!agreed) {
    context.print.done({ removed: null }, 'Nothing was changed');
    return 0;
  }
  await removeProfile(services, label);
  const orphans = (await store.certificates.list()).filter(({ ca }) => ca === label);
  if (orphans.length > 0) {
    const names = orphans.map(({ name }) => name).join(', ');
    context.log.warn(`${names} cannot be updated without it; give ca-root to use another profile`);
  }
  context.print.done({ removed: label }, `CA profile "${label}" and its secret are removed`);
  return 0;
};
