import { CertError } from '../../base/errors.ts';
import { removeToken } from '../../lifecycle/token-settings.ts';
import { commandLine } from '../command-line.ts';
import type { Body } from '../command.ts';
import type { tokenRemoveParameters } from '../parameters-token.ts';

/** Forget how a token is got at. */
export const run: Body<typeof tokenRemoveParameters> = async ({ token }, context) => {
  const { store } = await context.services();
  if (!(await removeToken(store, token))) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot remove token ${JSON.stringify(token)}: there is none`,
      {
        hint: `See ${commandLine(['crypto', 'token', 'show'], context.globals)}`,
      },
    );
  }
  context.print.done({ removed: token }, `Token "${token}" is forgotten; the keys in it stay`);
  return 0;
};
