import type { Services } from '../agent/compose.ts';
import { CertError } from '../base/errors.ts';
import type { Command, CommandContext } from './command.ts';
import { storeKeyOption } from './store-key-option.ts';

/**
 * Tell of a store key that is missing or wrong at the first command, not when a certificate is to be renewed:
 * who only looks is warned. Nobody is asked for a passphrase before it is needed.
 *
 * @throws {CertError} STORE_KEY_MISSING, STORE_KEY_WRONG, and what the source of the key throws
 */
export async function checkStoreKey(
  { store }: Services,
  { changes }: Pick<Command, 'changes'>,
  context: Pick<CommandContext, 'globals' | 'io' | 'log'>,
): Promise<void> {
  const source = storeKeyOption(context);
  if (source?.kind === 'prompt' && source.typed === undefined) return;
  try {
    await store.care.checkKey();
  } catch (thrown) {
    if (changes !== 'nothing' || !(thrown instanceof CertError)) throw thrown;
    context.log.warn(
      thrown.hint === undefined ? thrown.message : `${thrown.message}; ${thrown.hint}`,
    );
  }
}
