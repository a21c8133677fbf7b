import type { Body } from '../command.ts';
import { completionScripts } from '../completion-scripts.ts';
import type { completionParameters } from '../grammar-tools.ts';

/** Print a completion script. */
export const run: Body<typeof completionParameters> = async ({ shell }, { print }) => {
  const script = completionScripts[shell];
  print.show({ shell, script }, () => script);
  return 0;
};
