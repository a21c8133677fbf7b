import { certStoreKey, certStoreLocation } from '../../lifecycle/setting-keys.ts';
import type { Body } from '../command.ts';

/** Undo `cmp cert-store`: the default place, and a new key at an update. */
export const run: Body<Record<never, never>> = async (_args, { services, print }) => {
  const { store } = await services();
  const had = await store.settings.remove(certStoreLocation);
  await store.settings.remove(certStoreKey);
  print.done(
    { removed: had },
    had
      ? 'Certificates go to the default place again; files already written stay'
      : 'No cert-store location was set',
  );
  return 0;
};
