import type { Body } from '../command.ts';
import type { storeRekeyParameters } from '../parameters-store.ts';
import { plural } from '../plural.ts';
import { storeKeyFrom } from '../store-key-source.ts';

/** Change the store key. */
export const run: Body<typeof storeRekeyParameters> = async (args, context) => {
  const { newKey, dataKey } = args;
  const { store } = await context.services();
  const done = await store.care.rekey({
    isDataKeyNew: dataKey,
    ...(newKey && { newKey: storeKeyFrom(newKey, 'new-key', context) }),
  });
  if (!done.isOldWiped) {
    context.log.warn(
      'remains of what was encrypted before are left in the database file: there was no space, or no time, to ' +
        'write it anew',
    );
  }
  const { keyFile, removedKeyFile, resealed } = done;
  const where =
    keyFile === undefined
      ? `say where it is with --store-key or CERTKEEPER_STORE_KEY from now on${
          removedKeyFile === undefined
            ? ''
            : `; ${removedKeyFile} opened nothing any more and is gone`
        }`
      : `it is ${keyFile}, which needs no --store-key`;
  context.print.done(
    { rekeyed: true, dataKey, resealed, keyFile, removedKeyFile },
    `The store key is changed: ${where}. ` +
      (dataKey ? `${plural(resealed, 'secret is', 'secrets are')} encrypted anew. ` : '') +
      'Backups made before open with the key of then',
  );
  return 0;
};
