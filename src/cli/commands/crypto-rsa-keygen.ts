import type { Body } from '../command.ts';
import { runKeygen } from '../keygen.ts';
import type { keyRequestParameters, rsaKeygenParameters } from '../parameters-keygen.ts';
import { keyTypeOf } from '../request-arguments.ts';

/** Make an RSA key and a request for it. */
export const run: Body<typeof rsaKeygenParameters & typeof keyRequestParameters> = async (
  args,
  context,
) => {
  const { modulus, legacyAlgorithms: allowLegacy } = args;
  return runKeygen({ keyType: keyTypeOf({ modulus }) ?? 'rsa-2048', allowLegacy }, args, context);
};
