import { CertError } from '../base/errors.ts';
import { resolveSecret, type SecretContext, type SecretSource } from './secret.ts';

/**
 * Fetch the password of a file, as the text it is.
 *
 * @param what the parameter's keyword, for messages and the prompt
 * @returns undefined when there is none
 * @throws {CertError} SECRET_UNAVAILABLE
 */
export async function resolvePassword(
  source: SecretSource | undefined,
  what: string,
  context: SecretContext,
): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const octets = await resolveSecret(source, what, context);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (cause) {
    throw new CertError(
      'SECRET_UNAVAILABLE',
      `Cannot use the secret for ${what}: it is not UTF-8`,
      {
        cause,
        hint: 'Give a text; files of other programs have their passwords in UTF-8, too',
      },
    );
  }
}
