import { keyPolicyOf, setKeyPolicy } from '../../lifecycle/key-policy.ts';
import type { Body } from '../command.ts';
import type { noCertKeyParameters } from '../parameters-keep.ts';

/** Let the updates of a certificate do about the key what is set for all. */
export const run: Body<typeof noCertKeyParameters> = async ({ certName: name }, context) => {
  const { store } = await context.services();
  await setKeyPolicy(store, name, undefined);
  const { policy: key } = await keyPolicyOf(store, name);
  context.print.done(
    { name, key },
    `An update of "${name}" ${key === 'reuse' ? 'keeps the key' : 'makes a new key'}, as is set for all`,
  );
  return 0;
};
