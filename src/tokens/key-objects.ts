import { fromDer, sequence, toDer, type TaggedCodec } from '../asn1/codec.ts';
import { bigInteger, octetString } from '../asn1/primitives.ts';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { describeKey } from '../crypto/public-key.ts';
import { algorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { attribute, keyKind, objectClass, returned } from './constants.ts';
import type { Attribute, Handle } from './cryptoki.ts';
import { returnValueOf } from './token-error.ts';
import type { TokenSession } from './token-sessions.ts';
import type { TokenUri } from './uri.ts';

/** RSAPublicKey, RFC 8017 appendix A.1.1. */
interface RSAPublicKey {
  readonly modulus: bigint;
  readonly publicExponent: bigint;
}

// oxfmt-ignore
const RSAPublicKey: TaggedCodec<RSAPublicKey> = sequence<RSAPublicKey>('RSAPublicKey', {
  modulus:        bigInteger,
  publicExponent: bigInteger,
});

/** More than this never fit one key; that there are others is all that matters. */
const MAX_FOUND = 8;

/**
 * Find the private key a URI names.
 *
 * @throws {CertError} KEY_UNUSABLE when there is none, or more than one
 */
export function findPrivateKey(session: TokenSession, uri: TokenUri): Handle {
  const found = findObjects(session, objectClass.PRIVATE_KEY, uri);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const { label } = session.token;
  const named = [
    ...(uri.object === undefined ? [] : [`object ${JSON.stringify(uri.object)}`]),
    ...(uri.id === undefined ? [] : [`id ${asBuffer(uri.id).toString('hex')}`]),
  ].join(', ');
  const what = named === '' ? '' : ` with ${named}`;
  throw new CertError(
    'KEY_UNUSABLE',
    only === undefined
      ? `Cannot find a private key${what} in token "${label}"`
      : `Cannot choose a private key${what} in token "${label}": there are ${found.length}`,
    {
      hint:
        only === undefined
          ? 'Make one with key-type, or list what is there: pkcs11-tool --module MODULE --login --list-objects'
          : 'Say which by its id, as in id=%01',
    },
  );
}

/** Remove a key pair from its token. */
export function destroyKeyPair(session: TokenSession, uri: TokenUri): void {
  const { cryptoki } = session;
  for (const kind of [objectClass.PRIVATE_KEY, objectClass.PUBLIC_KEY]) {
    for (const object of findObjects(session, kind, uri)) {
      cryptoki.C_DestroyObject(session.session, object);
    }
  }
}

/** What tells a key from others, for its URI. */
export function identityOf(session: TokenSession, key: Handle): Pick<TokenUri, 'object' | 'id'> {
  const [label, id] = attributesOf(session, key, [attribute.LABEL, attribute.ID]);
  return {
    ...(label && label.length > 0 && { object: label.toString('utf8') }),
    ...(id && id.length > 0 && { id: Uint8Array.from(id) }),
  };
}

/**
 * Read the public half of a private key: from the public key object beside it or, of an RSA key, from itself.
 *
 * @returns DER of its SubjectPublicKeyInfo
 * @throws {CertError} KEY_UNUSABLE when the token does not have it, or the key is of a kind not on our list
 */
export function readPublicKey(session: TokenSession, privateKey: Handle): Uint8Array {
  const identity = identityOf(session, privateKey);
  // The id pairs them (PKCS #11 v2.40 section 4.7); where there is none, only the label is left.
  const { id } = identity;
  const beside = findObjects(session, objectClass.PUBLIC_KEY, id === undefined ? identity : { id });
  const source = beside[0] ?? privateKey;
  const [kindOctets] = attributesOf(session, privateKey, [attribute.KEY_TYPE]);
  const kind = kindOctets?.readUIntLE(0, Math.min(kindOctets.length, 6));
  const spki =
    kind === keyKind.EC
      ? readEc(session, source)
      : kind === keyKind.RSA
        ? readRsa(session, source)
        : undefined;
  if (spki !== undefined) return spki;
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot use a key in token "${session.token.label}": its public half is not there, or no RSA or EC key`,
    { hint: 'Import the public key with the same id, or have certkeeper make a key with key-type' },
  );
}

function readEc(session: TokenSession, object: Handle): Uint8Array | undefined {
  const [parameters, point] = attributesOf(session, object, [
    attribute.EC_PARAMS,
    attribute.EC_POINT,
  ]);
  if (!parameters?.length || !point?.length) return undefined;
  const algorithm = algorithmIdentifier('ecPublicKey', Uint8Array.from(parameters));
  // An OCTET STRING by the standard; some tokens give the bare point.
  for (const subjectPublicKey of [unwrapped(point), Uint8Array.from(point)]) {
    if (subjectPublicKey === undefined) continue;
    const spki = toDer(SubjectPublicKeyInfo, { algorithm, subjectPublicKey });
    if (isUsable(spki)) return spki;
  }
  return undefined;
}

function readRsa(session: TokenSession, object: Handle): Uint8Array | undefined {
  const [modulus, exponent] = attributesOf(session, object, [
    attribute.MODULUS,
    attribute.PUBLIC_EXPONENT,
  ]);
  if (!modulus?.length || !exponent?.length) return undefined;
  const subjectPublicKey = toDer(RSAPublicKey, {
    modulus: unsigned(modulus),
    publicExponent: unsigned(exponent),
  });
  const algorithm = algorithmIdentifier('rsaEncryption', 'NULL');
  const spki = toDer(SubjectPublicKeyInfo, { algorithm, subjectPublicKey });
  return isUsable(spki) ? spki : undefined;
}

/** Read a big-endian number as Cryptoki has it. */
export function unsigned(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${asBuffer(octets).toString('hex')}`);
}

function unwrapped(point: Buffer): Uint8Array | undefined {
  try {
    return fromDer(octetString, point);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return undefined;
  }
}

function isUsable(spki: Uint8Array): boolean {
  try {
    describeKey(spki);
    return true;
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return false;
  }
}

function findObjects(
  { cryptoki, session }: TokenSession,
  kind: number,
  { object, id }: Pick<TokenUri, 'object' | 'id'>,
): readonly Handle[] {
  const template: Attribute[] = [
    { type: attribute.CLASS, value: kind },
    { type: attribute.TOKEN, value: true },
    ...(object === undefined ? [] : [{ type: attribute.LABEL, value: object }]),
    ...(id === undefined ? [] : [{ type: attribute.ID, value: asBuffer(id) }]),
  ];
  cryptoki.C_FindObjectsInit(session, template);
  try {
    return cryptoki.C_FindObjects(session, MAX_FOUND);
  } finally {
    cryptoki.C_FindObjectsFinal(session);
  }
}

/** Read attributes one by one: where one is missing, some modules give none of the others either. */
export function attributesOf(
  { cryptoki, session }: TokenSession,
  object: Handle,
  types: readonly number[],
): readonly (Buffer | undefined)[] {
  return types.map((type) => {
    try {
      return cryptoki.C_GetAttributeValue(session, object, [{ type }])[0]?.value;
    } catch (error) {
      if (returnValueOf(error) !== returned.ATTRIBUTE_TYPE_INVALID) throw error;
      return undefined;
    }
  });
}
