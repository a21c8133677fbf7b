import type { Body, CommandContext } from '../command.ts';
import type { shellParameters } from '../grammar-tools.ts';
import { fetchSecret } from '../secret.ts';

/** Take commands from a terminal, or from a pipe. */
export const run: Body<typeof shellParameters> = async ({ keepGoing }, given) => {
  const context = await withStoreKey(given);
  const { stdin, stdout } = context.io;
  if (stdin.isTTY && stdout.isTTY) {
    const { runTerminal } = await import('../shell/interactive.ts');
    return await runTerminal(context);
  }
  const { runPipe } = await import('../shell/pipe.ts');
  return await runPipe(keepGoing, context);
};

/** Ask for the key of the store once, and not again for every line. */
async function withStoreKey(context: CommandContext): Promise<CommandContext> {
  const { globals } = context;
  if (globals.storeKey?.kind !== 'prompt') return context;
  const key = new TextDecoder().decode(await fetchSecret(globals.storeKey, '--store-key', context));
  return { ...context, globals: { ...globals, storeKey: { kind: 'literal', reveal: () => key } } };
}
