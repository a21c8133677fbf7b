import { CertError } from '../../base/errors.ts';
import { parseHttpUrl } from '../../http/url.ts';

/** The path every CMP server has (RFC 9811 section 3.4). */
export const wellKnownPath = '/.well-known/cmp';

/**
 * Make the URL every CMP server has (RFC 9811 section 3.4): `/.well-known/cmp`, or `/.well-known/cmp/p/NAME`.
 *
 * @param base scheme, host and port
 * @param name of a CA or a certificate profile, as the operator of the server calls it
 * @throws {CertError} CONFIG_INVALID: `base` has a path, or `name` cannot be a path segment
 */
export function wellKnownUrl(base: string, name?: string): string {
  const { origin, path } = parseHttpUrl(base);
  // T5: the path is not ours to choose then.
  if (path !== '/') {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot make a well-known URL of ${JSON.stringify(base)}: it has a path of its own`,
      { hint: 'Give scheme, host and port only, or the whole URL and not well-known' },
    );
  }
  if (name === undefined) return `${origin}${wellKnownPath}`;
  if (/^\.{0,2}$/.test(name) || !name.isWellFormed()) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot make a well-known URL with the name ${JSON.stringify(name)}`,
      { hint: 'Give the name the server knows the CA or the profile by' },
    );
  }
  return `${origin}${wellKnownPath}/p/${encodeURIComponent(name)}`;
}
