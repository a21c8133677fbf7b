import { setKeyPolicy } from '../../lifecycle/key-policy.ts';
import type { Body } from '../command.ts';
import type { certKeyParameters } from '../parameters-keep.ts';

/** Set whether the updates of one certificate keep its key. */
export const run: Body<typeof certKeyParameters> = async ({ certName: name, key }, context) => {
  const { store } = await context.services();
  await setKeyPolicy(store, name, key);
  context.print.done(
    { name, key },
    `An update of "${name}" ${key === 'reuse' ? 'keeps the key' : 'makes a new key'}, whatever is set for all`,
  );
  return 0;
};
