import { CertError } from '../base/errors.ts';
import {
  readCredentialFile,
  type CredentialFile,
  type CredentialFileOptions,
} from '../pkcs/credential-file.ts';
import { isKeyBagInClear } from '../pkcs/pkcs12.ts';
import { readSource, sourceName, wayOfSource, type Source, type SourceContext } from './source.ts';

/** How to read certificates and keys of a source. */
export type CredentialSourceOptions = Omit<CredentialFileOptions, 'path'> & {
  /** Take a private key that came unencrypted over http, ftp, tftp or ldap. */
  readonly allowCleartextKey: boolean;
};

const hint =
  'Fetch it by sftp or https, or encrypt it: "openssl pkcs8 -topk8", and give its password; allow-cleartext-key takes it all the same';

/**
 * Read certificates and a private key from a file or URL, as PEM, DER or PKCS#12. A private key that anybody on its
 * way could have read is refused.
 *
 * @param what the parameter's keyword, for messages
 * @throws {CertError} KEY_UNUSABLE, PEM_MALFORMED, and what `readSource` throws
 */
export async function readCredentialSource(
  text: string,
  what: string,
  context: SourceContext,
  { allowCleartextKey, ...options }: CredentialSourceOptions,
): Promise<CredentialFile> {
  const source = await readSource(text, what, context);
  if (source.way === 'open' && !allowCleartextKey) assertKeyUnread(source, what, options);
  return readCredentialFile(source.octets, { path: source.name, ...options });
}

/**
 * Refuse to fetch what can only be an unencrypted private key, before it crosses the network.
 *
 * @throws {CertError} KEY_UNUSABLE
 */
export function assertKeyFetchable(
  text: string,
  what: string,
  { password, allowCleartextKey }: CredentialSourceOptions,
): void {
  if (wayOfSource(text) !== 'open' || allowCleartextKey || password !== undefined) return;
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot fetch ${what} "${sourceName(text)}": anybody on the way could read a private key that has no password`,
    { hint },
  );
}

/**
 * Refuse a private key that came in clear. What a password was not needed for, nobody else needed one for.
 *
 * @throws {CertError} KEY_UNUSABLE
 */
export function assertKeyUnread(
  { octets, name }: Source,
  what: string,
  { alias }: Pick<CredentialFileOptions, 'alias'> = {},
): void {
  // The password of a PKCS #12 file may be that of its MAC alone, and hide nothing.
  if (!isKeyInClear(octets, alias) && !isKeyBagInClear(octets)) return;
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot use ${what} "${name}": the private key in it came unencrypted, and anybody on the way could read it`,
    { hint },
  );
}

function isKeyInClear(octets: Uint8Array, alias: string | undefined): boolean {
  try {
    const options = { path: '', ...(alias !== undefined && { alias }) };
    return readCredentialFile(octets, options).key !== undefined;
  } catch (error) {
    // Encrypted, or nothing that could be used in any case.
    if (error instanceof CertError) return false;
    throw error;
  }
}
