import { showConfig, type ShownConfig } from '../../config/show.ts';
import type { Body } from '../command.ts';
import type { configShowParameters } from '../parameters-config.ts';
import { readStored } from '../stored.ts';

const nothing: ShownConfig = {
  config: {},
  places: {},
  text: () => '# Nothing is stored yet\n',
};

/** Print the whole configuration. */
export const run: Body<typeof configShowParameters> = async ({ pem }, context) => {
  const shown = await readStored(context, ({ store }) => showConfig(store, pem));
  const { config, places, text } = shown ?? nothing;
  context.print.show({ config, places }, text);
  return 0;
};
