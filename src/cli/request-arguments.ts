import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { reasonIn } from '../base/reason-in.ts';
import type { Label } from '../base/label.ts';
import type { KeyType } from '../crypto/key-type.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import type { KeyChoice } from '../lifecycle/key-choice.ts';
import type { CommandContext } from './command.ts';
import type { ArgsOf } from './parameter.ts';
import type {
  keyFileParameters,
  keyParameters,
  keyProviderParameters,
  keyTemplateParameters,
} from './parameters-key.ts';
import type { caParameters } from './parameters-cmp.ts';
import { resolvePassword } from './password.ts';
import { assertKeyFetchable, assertKeyUnread } from './source-credential.ts';
import { readSource } from './source.ts';
import { findTokenKey, newTokenKeyUri } from './token-arguments.ts';

/** The key type the words name, if they name one. */
export function keyTypeOf(args: ArgsOf<typeof keyParameters>): KeyType | undefined {
  switch (args.modulus) {
    case undefined:
      return args.keyType;
    case 1024:
      return 'rsa-1024';
    case 2048:
      return 'rsa-2048';
    case 3072:
      return 'rsa-3072';
    case 4096:
      return 'rsa-4096';
    default:
      throw new CertError('USAGE_INVALID', `Cannot make an RSA key of ${args.modulus} bits`);
  }
}

/**
 * Make of the words the key of a request: a new one, the one in a file, or one as the CA wishes.
 *
 * @throws {CertError} USAGE_INVALID, FILE_UNREADABLE, SECRET_UNAVAILABLE, KEY_UNUSABLE, PEM_MALFORMED
 */
export async function keyChoiceOf(
  args: ArgsOf<
    typeof keyParameters &
      typeof keyProviderParameters &
      typeof keyFileParameters &
      typeof keyTemplateParameters
  > & { readonly certName: string },
  context: CommandContext,
): Promise<KeyChoice> {
  const key = await givenKey(args, context);
  const proof = { proof: args.popo };
  if (key) return { type: 'given', key, ...proof };
  const keyType = keyTypeOf(args);
  const isNew = keyType !== undefined || args.keyAsAsked;
  if (args.keyProvider !== undefined && !isNew) {
    return { type: 'given', key: await findTokenKey(args.keyProvider, context), ...proof };
  }
  const token = args.keyProvider !== undefined && {
    token: newTokenKeyUri(args.keyProvider, args.certName),
  };
  if (args.keySource === 'central') {
    if (args.popo === 'signature') return { type: 'central', ...(keyType && { keyType }) };
    throw new CertError('USAGE_INVALID', 'Cannot prove possession of a key that the CA makes', {
      hint: 'Leave out popo, or key-source',
    });
  }
  return keyType === undefined
    ? { type: 'by-template', ...token }
    : { type: 'generate', keyType, ...proof, ...token };
}

/**
 * Read the key in the file the words name, if they name one.
 *
 * @throws {CertError} USAGE_INVALID, FILE_UNREADABLE, SECRET_UNAVAILABLE, KEY_UNUSABLE, PEM_MALFORMED
 */
export async function givenKey(
  { keyFile, keyPassword, allowCleartextKey }: ArgsOf<typeof keyFileParameters>,
  context: CommandContext,
): Promise<GeneratedKey | undefined> {
  if (keyFile === undefined) {
    if (keyPassword === undefined) return undefined;
    throw new CertError('USAGE_INVALID', 'Cannot use key-password without key-file', {
      hint: 'Give the key-file it is the passphrase of',
    });
  }
  const passphrase = await resolvePassword(keyPassword, 'key-password', context);
  assertKeyFetchable(keyFile, 'key-file', {
    ...(passphrase !== undefined && { password: passphrase }),
    allowCleartextKey,
  });
  const source = await readSource(keyFile, 'key-file', context);
  if (source.way === 'open' && !allowCleartextKey) assertKeyUnread(source, 'key-file');
  const { octets, name } = source;
  const { loadPrivateKeyPem } = await import('../crypto/private-key-pem.ts');
  try {
    return loadPrivateKeyPem(asBuffer(octets).toString('utf8'), passphrase);
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError(cause.code, `Cannot use key-file "${name}": ${reasonIn(cause)}`, {
      cause,
      hint: cause.hint ?? `Give a private key as PEM; "openssl pkey -in ${name}" shows one`,
    });
  }
}

/** Say where a request goes, as far as the words do. */
export function placeOf({ caRoot, caUrl }: ArgsOf<typeof caParameters>): {
  readonly ca?: Label;
  readonly url?: string;
} {
  return {
    ...(caRoot !== undefined && { ca: caRoot }),
    ...(caUrl !== undefined && { url: caUrl }),
  };
}
