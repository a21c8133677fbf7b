import type { Body } from '../command.ts';
import { runKeygen } from '../keygen.ts';
import type { keyRequestParameters, keygenParameters } from '../parameters-keygen.ts';

/** Make a key of any type and a request for it. */
export const run: Body<typeof keygenParameters & typeof keyRequestParameters> = async (
  args,
  context,
) => runKeygen({ keyType: args.keyType, allowLegacy: false }, args, context);
