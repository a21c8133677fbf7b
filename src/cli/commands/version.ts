import type { Body } from '../command.ts';
import { readVersion } from '../version.ts';

/** Print the version; outside of the shell it is `--version` that does. */
export const run: Body<Record<never, never>> = async (_args, { print }) => {
  const version = await readVersion();
  print.show({ version }, () => `certkeeper ${version}\n`);
  return 0;
};
