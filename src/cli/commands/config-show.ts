import { showConfig } from '../../config/show.ts';
import type { Body } from '../command.ts';
import type { configShowParameters } from '../parameters-config.ts';

/** Print the whole configuration. */
export const run: Body<typeof configShowParameters> = async ({ pem }, { services, print }) => {
  const { store } = await services();
  const { config, places, text } = await showConfig(store, pem);
  print.show({ config, places }, text);
  return 0;
};
