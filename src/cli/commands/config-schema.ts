import { configJsonSchema } from '../../config/schema.ts';
import type { Body } from '../command.ts';

/** Print the JSON Schema of the configuration file. */
export const run: Body<Record<never, never>> = async (_args, { io }) => {
  io.stdout.write(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
  return 0;
};
