import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CertError } from '../../base/errors.ts';
import { checkedLabel, putToken } from '../../lifecycle/token-settings.ts';
import type { Body } from '../command.ts';
import { reasonOf } from '../files.ts';
import type { tokenAddParameters } from '../parameters-token.ts';
import { pinSourceOf } from '../token-arguments.ts';

/** Say how a token is got at. */
export const run: Body<typeof tokenAddParameters> = async (args, context) => {
  const token = checkedLabel(args.token);
  const modulePath = resolve(args.module);
  const pinSource = args.pin && pinSourceOf(args.pin);
  try {
    await access(modulePath, constants.R_OK);
  } catch (cause) {
    throw new CertError(
      'FILE_UNREADABLE',
      `Cannot use "${modulePath}" as PKCS #11 module: ${reasonOf(cause)}`,
      { cause, hint: 'Name the shared library that came with the token' },
    );
  }
  const { store } = await context.services();
  await putToken(store, { token, modulePath, ...(pinSource !== undefined && { pinSource }) });
  context.print.done(
    { token, module: modulePath, pin: pinSource },
    `Token "${token}" is set up; try it with: certkeeper crypto token check ${JSON.stringify(token)}`,
  );
  return 0;
};
