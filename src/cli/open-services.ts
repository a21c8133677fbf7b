import { compose, type Services } from '../agent/compose.ts';
import { stateDirectory } from '../agent/state-directory.ts';
import { fromHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { storeKeyLength, type StoreKeySource } from '../store/store-key.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';
import {
  fetchSecret,
  parseSecretSource,
  placeOf,
  resolveSecret,
  type SecretSource,
} from './secret.ts';

/** Open the store in the state directory and what stands on it, as the global options say. */
export async function openServices(
  { state, storeKey }: Globals,
  io: Io,
  log: Log,
): Promise<Services> {
  return await compose({
    stateDirectory: stateDirectory({
      env: io.env,
      ...(state === undefined ? {} : { option: state }),
    }),
    log,
    // A PIN is never on the command line: only where it is, in the settings or in a URI.
    pin: (source, what) => resolveSecret(parseSecretSource(source, what), what, { io, log }),
    ...(storeKey === undefined ? {} : { storeKey: storeKeyFrom(storeKey, io, log) }),
  });
}

/** Read the store key when it is first needed: its octets, or twice as many hexadecimal digits. */
function storeKeyFrom(source: SecretSource, io: Io, log: Log): StoreKeySource {
  return async () => {
    const octets = await fetchSecret(source, '--store-key', { io, log });
    if (octets.length === storeKeyLength) return octets;
    const text = new TextDecoder().decode(octets).trim();
    if (/^[0-9a-f]+$/i.test(text) && text.length === 2 * storeKeyLength) return fromHex(text);
    throw new CertError(
      'STORE_KEY_WRONG',
      `Cannot use --store-key from ${placeOf(source)}: neither ${storeKeyLength} octets nor ` +
        `${2 * storeKeyLength} hexadecimal digits`,
      { hint: 'Make a key with: openssl rand -hex 32' },
    );
  };
}
