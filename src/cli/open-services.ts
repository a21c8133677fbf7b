import { compose, type Services } from '../agent/compose.ts';
import type { Log } from '../base/log.ts';
import { enterStateDirectory } from './enter-state.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';
import { parseSecretSource, resolveSecret } from './secret.ts';
import { storeKeyOption } from './store-key-option.ts';
import { storeKeyFrom } from './store-key-source.ts';

/** Open the store in the state directory and what stands on it, as the global options say. */
export async function openServices(globals: Globals, io: Io, log: Log): Promise<Services> {
  const storeKey = storeKeyOption({ globals, io });
  const stateDirectory = enterStateDirectory({ globals, io });
  return await compose({
    stateDirectory,
    log,
    // A PIN is never on the command line: only where it is, in the settings or in a URI.
    pin: (source, what) => resolveSecret(parseSecretSource(source, what), what, { io, log }),
    ...(storeKey === undefined
      ? {}
      : { storeKey: storeKeyFrom(storeKey, '--store-key', { io, log }) }),
  });
}
