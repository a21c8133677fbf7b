import { resolve } from 'node:path';
import { assertCertStore } from '../../deploy/cert-store-directory.ts';
import { certStoreKey, certStoreLocation } from '../../lifecycle/setting-keys.ts';
import type { Body } from '../command.ts';
import type { certStoreParameters } from '../parameters-cmp.ts';

/** Set where PEM files are put, and whether an update keeps the key. */
export const run: Body<typeof certStoreParameters> = async ({ location, key }, context) => {
  const directory = resolve(location);
  await assertCertStore(directory);
  const { store } = await context.services();
  await store.settings.set(certStoreLocation, directory);
  if (key === undefined) await store.settings.remove(certStoreKey);
  else await store.settings.set(certStoreKey, key);
  context.print.done(
    { location: directory, key: key ?? 'new' },
    `Certificates go to ${directory}; an update ${key === 'reuse' ? 'keeps the key' : 'makes a new key'}`,
  );
  return 0;
};
