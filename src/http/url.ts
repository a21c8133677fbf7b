import { CertError } from '../base/errors.ts';

/** An http or https address, taken apart without rewriting its path. */
export interface HttpUrl {
  /** Scheme, host and port, as the connection needs them. */
  readonly origin: string;
  /** Path and query exactly as the operator wrote them; "/" when there is none. */
  readonly path: string;
  /** The address for messages. */
  readonly href: string;
}

const schemeAuthorityRest = /^(https?):\/\/([^/?#]+)(.*)$/is;

/**
 * Check an http or https address and keep its path verbatim: "..", "%7E" and doubled or trailing slashes
 * reach the server as they were configured, because some CAs tell their profiles apart by them.
 *
 * @throws {CertError} CONFIG_INVALID: other scheme, credentials, fragment, spaces or non-ASCII characters
 */
export function parseHttpUrl(text: string): HttpUrl {
  const match = schemeAuthorityRest.exec(text);
  const authority = match?.[2] ?? '';
  // Checked before anything is quoted: what stands before the "@" may be a password.
  if (authority.includes('@')) {
    throw new CertError('CONFIG_INVALID', 'Cannot use a URL with a user name or password in it', {
      hint: 'Write the URL without "user:password@"; CMP authenticates its messages by itself',
    });
  }
  if (match === null || !URL.canParse(text)) {
    throw invalid(text, 'not an http or https URL', 'Write it like "http://ra.example:8080/pkix/"');
  }
  const rest = match[3] ?? '';
  if (!/^[!-~]*$/.test(rest)) {
    throw invalid(text, 'its path has spaces or non-ASCII characters', 'Percent-encode them');
  }
  if (rest.includes('#'))
    throw invalid(text, 'it has a fragment', 'Leave out "#" and what follows');
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { origin: new URL(text).origin, path, href: text };
}

function invalid(text: string, why: string, hint: string): CertError {
  return new CertError('CONFIG_INVALID', `Cannot use ${JSON.stringify(text)} as URL: ${why}`, {
    hint,
  });
}
