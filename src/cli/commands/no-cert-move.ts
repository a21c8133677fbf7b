import type { Body } from '../command.ts';
import type { noCertMoveParameters } from '../parameters-keep.ts';

/** Have a certificate renewed by the CA it came from again. */
export const run: Body<typeof noCertMoveParameters> = async ({ certName: name }, context) => {
  const { store } = await context.services();
  const dropped = await store.nameSettings.remove(name, 'renew-by');
  context.print.done(
    { name, dropped },
    dropped
      ? `"${name}" is renewed by the CA it came from again`
      : `"${name}" was not to be renewed by another CA`,
  );
  return 0;
};
