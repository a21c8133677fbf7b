import { DEFAULT_CHAIN_LIMIT } from '../../lifecycle/build-chain.ts';
import { chainLimit } from '../../lifecycle/setting-keys.ts';
import type { Body } from '../command.ts';

/** Undo `cert chain-limit`: the usual number. */
export const run: Body<Record<never, never>> = async (_args, { services, print }) => {
  const { store } = await services();
  const had = await store.settings.remove(chainLimit);
  print.done(
    { removed: had },
    `Up to ${DEFAULT_CHAIN_LIMIT} issuers go along with a certificate again`,
  );
  return 0;
};
