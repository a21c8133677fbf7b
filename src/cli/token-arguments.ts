import { resolve } from 'node:path';
import { CertError } from '../base/errors.ts';
import { checkedLabel } from '../lifecycle/token-settings.ts';
import { formatTokenUri, looksLikeTokenUri, parseTokenUri } from '../tokens/uri.ts';
import type { TokenKey } from '../tokens/token-keys.ts';
import type { CommandContext } from './command.ts';
import type { SecretSource } from './secret.ts';

/**
 * Write down where a PIN is to be taken from, without the PIN.
 *
 * @throws {CertError} USAGE_INVALID for the PIN itself, and for standard input, which is read only once
 */
export function pinSourceOf(source: SecretSource): string {
  switch (source.kind) {
    case 'file':
      if (source.path === '-') break;
      return `file:${resolve(source.path)}`;
    case 'env':
    case 'cred':
      return `${source.kind}:${source.name}`;
    case 'prompt':
      return 'prompt';
    case 'literal':
      break;
  }
  throw new CertError('USAGE_INVALID', 'Cannot keep a PIN: only where it comes from is stored', {
    hint: 'Put the PIN into a file of mode 0600 and give pin file:PATH, or give env:NAME, cred:NAME or prompt',
  });
}

/**
 * Check the URI of a token in which a key is to be made.
 *
 * @param name label of the key where the URI has none
 * @returns the URI, the same for the same token and label
 * @throws {CertError} USAGE_INVALID
 */
export function newTokenKeyUri(text: string, name: string): string {
  const uri = parseTokenUri(text, 'key-provider');
  if (uri.id !== undefined) {
    throw new CertError('USAGE_INVALID', 'Cannot make a key with the id in key-provider', {
      hint: 'Leave out id: a new key gets one of its own. To use a key that is there, leave out key-type',
    });
  }
  return formatTokenUri({ object: name, ...uri });
}

/**
 * Find the key in a token that the words name.
 *
 * @param text PKCS #11 URI
 * @throws {CertError} USAGE_INVALID, and what `TokenKeys.find` throws
 */
export async function findTokenKey(
  text: string,
  context: Pick<CommandContext, 'services'>,
): Promise<TokenKey> {
  const uri = formatTokenUri(parseTokenUri(text, 'key-provider'));
  const services = await context.services();
  return (await services.tokens()).find(uri);
}

/**
 * Take a label or a URI for a token.
 *
 * @throws {CertError} USAGE_INVALID
 */
export function tokenUriOf(text: string): string {
  return looksLikeTokenUri(text)
    ? formatTokenUri(parseTokenUri(text, 'token'))
    : formatTokenUri({ token: checkedLabel(text) });
}
