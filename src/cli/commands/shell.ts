import type { Body, CommandContext } from '../command.ts';
import type { shellParameters } from '../grammar-tools.ts';
import { fetchSecret } from '../secret.ts';
import { storeKeyOption } from '../store-key-option.ts';

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
  const storeKey = storeKeyOption(context);
  if (storeKey?.kind !== 'prompt') return context;
  const octets = await fetchSecret(storeKey, 'passphrase of the store', context);
  const typed = new TextDecoder().decode(octets);
  return {
    ...context,
    globals: { ...context.globals, storeKey: { kind: 'prompt', typed: () => typed } },
  };
}
