import type { Body } from '../command.ts';
import type { shellParameters } from '../grammar-tools.ts';

/** Take commands from a terminal, or from a pipe. */
export const run: Body<typeof shellParameters> = async ({ keepGoing }, context) => {
  const { stdin, stdout } = context.io;
  if (stdin.isTTY && stdout.isTTY) {
    const { runTerminal } = await import('../shell/interactive.ts');
    return await runTerminal(context);
  }
  const { runPipe } = await import('../shell/pipe.ts');
  return await runPipe(keepGoing, context);
};
