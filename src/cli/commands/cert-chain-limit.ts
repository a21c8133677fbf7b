import { chainLimit } from '../../lifecycle/setting-keys.ts';
import type { Body } from '../command.ts';
import type { chainLimitParameters } from '../parameters-cert.ts';
import { plural } from '../plural.ts';

/** Set how many issuers go along with a certificate. */
export const run: Body<typeof chainLimitParameters> = async ({ issuers }, { services, print }) => {
  const { store } = await services();
  await store.settings.set(chainLimit, String(issuers));
  print.done({ issuers }, `Up to ${plural(issuers, 'issuer')} go along with a certificate`);
  return 0;
};
