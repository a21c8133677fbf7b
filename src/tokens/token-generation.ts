import { toDer } from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { objectIdentifier } from '../asn1/primitives.ts';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { KeyType } from '../crypto/key-type.ts';
import { attribute, mechanism } from './constants.ts';
import type { Attribute, Handle } from './cryptoki.ts';
import { attributesOf } from './key-objects.ts';
import type { TokenSession } from './token-sessions.ts';

/** What is made of a key type: the mechanism, and what is special in the template of the public half. */
interface Recipe {
  readonly mechanism: number;
  readonly publicPart: readonly Attribute[];
}

/**
 * Find how a key of a type is made in a token.
 *
 * @throws {CertError} KEY_UNUSABLE for a type that is not made in tokens
 */
export function recipeFor(type: KeyType): Recipe {
  switch (type) {
    case 'p-256':
      return onCurve(oids.prime256v1);
    case 'p-384':
      return onCurve(oids.secp384r1);
    case 'rsa-2048':
      return rsa(2048);
    case 'rsa-3072':
      return rsa(3072);
    case 'rsa-4096':
      return rsa(4096);
    default:
      throw new CertError('KEY_UNUSABLE', `Cannot make a key of type ${type} in a token`, {
        hint: 'Use p-256, p-384, rsa-2048, rsa-3072 or rsa-4096',
      });
  }
}

/**
 * Make a key pair in a token: sensitive, not extractable, and for signing only.
 *
 * @returns the private key
 * @throws {CertError} KEY_UNUSABLE, and the error of the module
 */
export async function generateKeyPair(
  { cryptoki, session, token }: TokenSession,
  type: KeyType,
  identity: { readonly object: string; readonly id: Uint8Array },
): Promise<Handle> {
  const { mechanism: number, publicPart } = recipeFor(type);
  const both: Attribute[] = [
    { type: attribute.TOKEN, value: true },
    { type: attribute.LABEL, value: identity.object },
    { type: attribute.ID, value: asBuffer(identity.id) },
  ];
  const { privateKey, publicKey } = await cryptoki.C_GenerateKeyPairAsync(
    session,
    { mechanism: number },
    [
      ...both,
      { type: attribute.PRIVATE, value: false },
      { type: attribute.VERIFY, value: true },
      { type: attribute.ENCRYPT, value: false },
      { type: attribute.WRAP, value: false },
      ...publicPart,
    ],
    [
      ...both,
      { type: attribute.PRIVATE, value: true },
      { type: attribute.SENSITIVE, value: true },
      { type: attribute.EXTRACTABLE, value: false },
      { type: attribute.SIGN, value: true },
      { type: attribute.DECRYPT, value: false },
      { type: attribute.UNWRAP, value: false },
    ],
  );
  // A token that gives away what it was told to keep is not one.
  const [sensitive, extractable] = attributesOf({ cryptoki, session, token }, privateKey, [
    attribute.SENSITIVE,
    attribute.EXTRACTABLE,
  ]);
  if (sensitive?.[0] === 1 && extractable?.[0] === 0) return privateKey;
  cryptoki.C_DestroyObject(session, privateKey);
  cryptoki.C_DestroyObject(session, publicKey);
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot use token "${token.label}": it made a key that can be taken out of it`,
    { hint: 'Set its module up so that keys are sensitive and not extractable' },
  );
}

function onCurve(curve: Oid): Recipe {
  const value = asBuffer(toDer(objectIdentifier, curve));
  return {
    mechanism: mechanism.EC_KEY_PAIR_GEN,
    publicPart: [{ type: attribute.EC_PARAMS, value }],
  };
}

function rsa(bits: number): Recipe {
  return {
    mechanism: mechanism.RSA_PKCS_KEY_PAIR_GEN,
    publicPart: [
      { type: attribute.MODULUS_BITS, value: bits },
      { type: attribute.PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
    ],
  };
}
