import { certStoreKey, certStoreLocation } from '../cert-store-settings.ts';
import type { Body } from '../command.ts';

/** Undo `cmp cert-store`: certificates stay in the store only. */
export const run: Body<Record<never, never>> = async (_args, { services, print }) => {
  const { store } = await services();
  const had = await store.settings.remove(certStoreLocation);
  await store.settings.remove(certStoreKey);
  print.done(
    { removed: had },
    had
      ? 'Certificates are kept in the store only; files already written stay'
      : 'No cert-store location was set',
  );
  return 0;
};
