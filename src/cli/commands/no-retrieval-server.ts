import { CertError } from '../../base/errors.ts';
import { removeServer } from '../../lifecycle/retrieval-servers.ts';
import { commandLine } from '../command-line.ts';
import type { Body } from '../command.ts';
import type { noRetrievalServerParameters } from '../parameters-retrieval.ts';
import { serverOrigin } from './retrieval-server.ts';

/** Forget a server that files are fetched from. */
export const run: Body<typeof noRetrievalServerParameters> = async (args, context) => {
  const origin = serverOrigin(args.server);
  const { store } = await context.services();
  if (!(await removeServer(store, origin))) {
    throw new CertError('CONFIG_INVALID', `Cannot forget server "${origin}": it is not set up`, {
      hint: `See ${commandLine(['show', 'retrieval'], context.globals)}`,
    });
  }
  context.print.done({ removed: origin }, `Server "${origin}" is forgotten`);
  return 0;
};
