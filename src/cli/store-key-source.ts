import { bytesEqual, fromHex, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { storeKeyLength, type StoreKeySource } from '../store/store-key.ts';
import { fetchSecret, placeOf, type SecretContext, type SecretSource } from './secret.ts';

/** Below this a passphrase is found by trying, whatever one try costs. */
const leastCharacters = 12;

/**
 * Get a store key from where it is: 32 octets or 64 hexadecimal digits or, with `prompt`, a passphrase, which is
 * asked for twice when it is set.
 *
 * @param what the parameter's keyword, for messages
 */
export function storeKeyFrom(
  source: SecretSource,
  what: string,
  context: SecretContext,
): StoreKeySource {
  if (source.kind === 'prompt') return passphraseFrom(source, what, context);
  return async () => {
    const octets = await fetchSecret(source, what, context);
    const key = octets.length === storeKeyLength ? octets : fromDigits(octets);
    if (key !== undefined) return key;
    throw new CertError(
      'STORE_KEY_WRONG',
      `Cannot use ${what} from ${placeOf(source)}: neither ${storeKeyLength} octets nor ` +
        `${2 * storeKeyLength} hexadecimal digits`,
      { hint: 'Make a key with: openssl rand -hex 32' },
    );
  };
}

function passphraseFrom(
  source: SecretSource,
  what: string,
  context: SecretContext,
): StoreKeySource {
  const name = what === '--store-key' ? 'passphrase of the store' : 'new passphrase of the store';
  return async (under) => {
    const typed = await fetchSecret(source, name, context);
    // Before there were passphrases, the key itself was typed.
    const key = under === 'key' ? fromDigits(typed) : undefined;
    if (key !== undefined) return key;
    const passphrase = normalized(typed);
    if (under === 'nothing') {
      assertLong(passphrase);
      const again = await fetchSecret({ kind: 'prompt' }, 'the same once more', context);
      if (!bytesEqual(passphrase, normalized(again))) {
        throw unusable('what was typed the second time is something else', 'Try again');
      }
    }
    return { passphrase };
  };
}

/** The same characters are the same octets, whichever keyboard and system they come from (RFC 8265 section 4.2). */
function normalized(typed: Uint8Array): Uint8Array {
  return utf8(new TextDecoder().decode(typed).normalize('NFC'));
}

function assertLong(passphrase: Uint8Array): void {
  const { length } = [...new TextDecoder().decode(passphrase)];
  if (length >= leastCharacters) return;
  throw unusable(
    `it has ${length} characters, expected at least ${leastCharacters}`,
    'Whoever gets a copy of the store can try as many as they like: take several words',
  );
}

function fromDigits(octets: Uint8Array): Uint8Array | undefined {
  const text = new TextDecoder().decode(octets).trim();
  return text.length === 2 * storeKeyLength && /^[0-9a-f]+$/i.test(text)
    ? fromHex(text)
    : undefined;
}

function unusable(why: string, hint: string): CertError {
  return new CertError('SECRET_UNAVAILABLE', `Cannot use the passphrase of the store: ${why}`, {
    hint,
  });
}
