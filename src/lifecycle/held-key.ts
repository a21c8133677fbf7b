import { CertError } from '../base/errors.ts';
import type { GeneratedKey, SigningKey } from '../crypto/keys.ts';
import type { NewKey } from '../store/keys-contract.ts';
import type { TokenKey, TokenKeys } from '../tokens/token-keys.ts';
import type { LifecycleContext } from './context.ts';

/** A private key whose octets are here, or one that stays in a token. */
export type HeldKey = GeneratedKey | TokenKey;

/** A key that is in the store already. */
export interface StoredKey {
  readonly id: number;
  readonly key: SigningKey;
}

/** Put a key into the form the store takes it in. */
export function newStoredKey(held: HeldKey): NewKey {
  const { spki } = held.key;
  return 'uri' in held ? { spki, tokenUri: held.uri } : { spki, pkcs8: held.pkcs8 };
}

/**
 * Make a stored key usable, wherever it is. A token is opened only when the key first signs.
 *
 * @throws {CertError} KEY_UNUSABLE, CONFIG_INVALID
 */
export async function openStoredKey(
  context: Pick<LifecycleContext, 'store' | 'keys' | 'tokens'>,
  id: number,
): Promise<SigningKey> {
  const { store, keys } = context;
  const { spki, tokenUri } = await store.keys.publicKey(id);
  if (tokenUri !== undefined) return (await tokensOf(context)).open(tokenUri, spki);
  return (await keys()).load(await store.keys.privateKey(id));
}

/** Give the tokens of this process. @throws {CertError} CONFIG_INVALID when it has no use for any */
export async function tokensOf({ tokens }: Pick<LifecycleContext, 'tokens'>): Promise<TokenKeys> {
  if (tokens) return await tokens();
  throw new CertError('CONFIG_INVALID', 'Cannot use a key in a token: there are no tokens here');
}

/**
 * Remove a key from its token after the request it was made for came to nothing. One that was there before
 * stays; so does one in a token that is not there any more, which is told.
 */
export async function discardKey(
  context: LifecycleContext,
  held: HeldKey | { readonly id: number } | undefined,
): Promise<void> {
  if (!held || !('uri' in held) || !held.isNew) return;
  try {
    await (await tokensOf(context)).destroy(held.uri);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    context.log.warn(`a key that nothing was asked for with stays in its token: ${held.uri}`);
  }
}
