import { unusable } from './failure.ts';
import type { PasswordCredentials, RetrievalRequest } from './retriever.ts';

/** A user and a password as the protocols want them. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/**
 * Get user and password of a request, when it has any.
 *
 * @throws {CertError} CONFIG_INVALID: a key, where there is no use for one; control characters
 */
export function loginOf({ url, credentials }: RetrievalRequest): Login | undefined {
  if (credentials === undefined) return undefined;
  if (credentials.type === 'key') {
    throw unusable(url, 'only sftp takes a private key', 'Give a password, or an sftp URL');
  }
  return checkLogin(url, credentials);
}

/**
 * Check that user and password fit into a line.
 *
 * @throws {CertError} CONFIG_INVALID: control characters, or not UTF-8
 */
export function checkLogin(url: string, { username, password }: PasswordCredentials): Login {
  const login = { username, password: secretText(url, password) };
  if (/\p{Cc}/u.test(username) || /\p{Cc}/u.test(login.password)) {
    throw unusable(
      url,
      'user or password has control characters',
      'Check that there is no line end in them',
    );
  }
  return login;
}

/**
 * Decode a secret.
 *
 * @throws {CertError} CONFIG_INVALID: not UTF-8
 */
export function secretText(url: string, secret: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(secret);
  } catch {
    throw unusable(url, 'its password or key is not UTF-8', 'Write it in UTF-8');
  }
}
