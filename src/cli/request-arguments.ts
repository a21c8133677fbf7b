import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { KeyType } from '../crypto/key-type.ts';
import type { Wanted } from '../lifecycle/certificate-request.ts';
import type { KeyChoice } from '../lifecycle/initialize.ts';
import { parseGeneralName } from '../x509/general-name-text.ts';
import { parseName } from '../x509/name-text.ts';
import type { CommandContext } from './command.ts';
import { readInputFile } from './files.ts';
import type { ArgsOf } from './parameter.ts';
import type { keyFileParameters, keyParameters, subjectParameters } from './parameters-cmp.ts';
import { resolvePassword } from './password.ts';

/** Make of the words what the certificate shall say. */
export function wantedOf({ subjectName, san }: ArgsOf<typeof subjectParameters>): Wanted {
  return { subject: parseName(subjectName), subjectAltNames: san.map(parseGeneralName) };
}

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
 * Make of the words the key of a request: a new one, or the one in a file.
 *
 * @throws {CertError} USAGE_INVALID, FILE_UNREADABLE, SECRET_UNAVAILABLE, KEY_UNUSABLE, PEM_MALFORMED
 */
export async function keyChoiceOf(
  args: ArgsOf<typeof keyParameters & typeof keyFileParameters>,
  context: CommandContext,
): Promise<KeyChoice> {
  const { keyFile } = args;
  if (keyFile === undefined) {
    if (args.keyPassword !== undefined) {
      throw new CertError('USAGE_INVALID', 'Cannot use key-password without key-file', {
        hint: 'Give the key-file it is the passphrase of',
      });
    }
    const keyType = keyTypeOf(args);
    if (keyType !== undefined) return { type: 'generate', keyType };
    throw new CertError('USAGE_INVALID', 'Cannot make a request without a key', {
      hint: 'Give modulus N, key-type T or key-file F',
    });
  }
  const passphrase = await resolvePassword(args.keyPassword, 'key-password', context);
  const octets = await readInputFile(keyFile, 'key-file', context.io);
  const { loadPrivateKeyPem } = await import('../crypto/private-key-pem.ts');
  try {
    return { type: 'given', key: loadPrivateKeyPem(asBuffer(octets).toString('utf8'), passphrase) };
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    throw new CertError(
      cause.code,
      `Cannot use key-file "${keyFile}": ${cause.message.replace(/^Cannot read the private key: /, '')}`,
      {
        cause,
        hint: cause.hint ?? `Give a private key as PEM; "openssl pkey -in ${keyFile}" shows one`,
      },
    );
  }
}
