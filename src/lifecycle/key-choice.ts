import type { KeyType } from '../crypto/key-type.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import type { LifecycleContext } from './context.ts';
import type { RepeatedKey } from './repeated.ts';
import type { RequestedKey } from './requested-key.ts';

/** A key to be made, one the operator brings, or one the CA shall make. */
export type ChosenKey =
  | { readonly type: 'generate'; readonly keyType: KeyType; readonly proof?: Proof }
  | { readonly type: 'given'; readonly key: GeneratedKey; readonly proof?: Proof }
  /** RFC 9483 section 4.1.6; of a type we prefer, if we do. */
  | { readonly type: 'central'; readonly keyType?: KeyType };

/** How possession of the key is proven: by signing when absent. */
export type Proof = Extract<RequestedKey, { readonly type: 'ours' }>['proof'];

/** The same, or left to the CA's request template (certReqTemplate, RFC 9810 section 5.3.19.16). */
export type KeyChoice = ChosenKey | { readonly type: 'by-template' };

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
): Promise<{ readonly requested: RequestedKey; readonly key?: GeneratedKey }> {
  if (choice.type === 'central') return { requested: choice };
  const key =
    choice.type === 'given' ? choice.key : await (await context.keys()).generate(choice.keyType);
  const { proof = 'signature' } = choice;
  return { requested: { type: 'ours', key: key.key, proof }, key };
}
