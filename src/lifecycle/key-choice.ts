import type { KeyType } from '../crypto/key-type.ts';
import type { LifecycleContext } from './context.ts';
import { tokensOf, type HeldKey, type StoredKey } from './held-key.ts';
import type { RepeatedKey } from './repeated.ts';
import type { RequestedKey } from './requested-key.ts';

/** A key to be made, one the operator brings, or one the CA shall make. */
export type ChosenKey =
  | {
      readonly type: 'generate';
      readonly keyType: KeyType;
      readonly proof?: Proof;
      /** PKCS #11 URI of the token to make it in; absent: here. */
      readonly token?: string;
    }
  | { readonly type: 'given'; readonly key: HeldKey | StoredKey; readonly proof?: Proof }
  /** RFC 9483 section 4.1.6; of a type we prefer, if we do. */
  | { readonly type: 'central'; readonly keyType?: KeyType };

/** How possession of the key is proven: by signing when absent. */
export type Proof = Extract<RequestedKey, { readonly type: 'ours' }>['proof'];

/** The same, or left to the CA's request template (certReqTemplate, RFC 9810 section 5.3.19.16). */
export type KeyChoice = ChosenKey | { readonly type: 'by-template'; readonly token?: string };

/** Say of which key a repeated command must be. */
export function repeatedKey(choice: ChosenKey): RepeatedKey {
  switch (choice.type) {
    case 'given':
      return { type: 'given', spki: choice.key.key.spki };
    case 'generate':
      return { type: 'generate', keyType: choice.keyType };
    case 'central':
      return choice;
  }
}

/**
 * Make the key a request is for, or take the one that was brought.
 *
 * @returns what the request says of it, and the key if it is here
 */
export async function keyOf(
  context: LifecycleContext,
  choice: ChosenKey,
): Promise<{ readonly requested: RequestedKey; readonly key?: HeldKey | StoredKey }> {
  if (choice.type === 'central') return { requested: choice };
  const key =
    choice.type === 'given' ? choice.key : await makeKey(context, choice.keyType, choice.token);
  const { proof = 'signature' } = choice;
  return { requested: { type: 'ours', key: key.key, proof }, key };
}

/**
 * Make a key, here or in a token.
 *
 * @param token PKCS #11 URI, whose `object` becomes the label of the key
 * @throws {CertError} KEY_UNUSABLE, CONFIG_INVALID, SECRET_UNAVAILABLE, TOKEN_UNAVAILABLE, TOKEN_PIN_WRONG
 */
export async function makeKey(
  context: LifecycleContext,
  keyType: KeyType,
  token: string | undefined,
): Promise<HeldKey> {
  if (token === undefined) return (await context.keys()).generate(keyType);
  return (await tokensOf(context)).generate(token, keyType);
}
