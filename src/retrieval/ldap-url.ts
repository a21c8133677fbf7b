import { unusable } from './failure.ts';
import { decodePart, parseServerUrl, type ServerUrl } from './url.ts';

/** What an LDAP URL asks for (RFC 4516). */
export interface LdapUrl {
  readonly server: ServerUrl;
  readonly dn: string;
  /** "certificateRevocationList;binary" */
  readonly attribute: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: string;
}

/**
 * Take an LDAP URL apart: `ldap://host/dn?attribute?scope?filter`. Of its attributes there is to be just one, because a
 * file is what is fetched; without scope it is the entry itself.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function parseLdapUrl(url: string): LdapUrl {
  const server = parseServerUrl(url);
  const [dn = '', attributes = '', scope = '', filter = '', extensions, ...more] = server.rest
    .slice(1)
    .split('?');
  if (more.length > 0) {
    throw unusable(url, 'it has more than four "?"', 'Write a "?" inside of a part as "%3F"');
  }
  // RFC 4516 section 2: what is critical and not known makes the whole URL unusable.
  if (extensions?.split(',').some((each) => each.startsWith('!'))) {
    throw unusable(url, 'it has a critical extension', 'No extension of LDAP URLs is supported');
  }
  const attribute = decodePart(attributes, url);
  if (!/^[a-z0-9.-]+(?:;[a-z0-9-]+)*$/i.test(attribute)) {
    throw unusable(
      url,
      'it does not name one attribute',
      'Name it after the DN: "?certificateRevocationList;binary" for a CRL, "?cACertificate;binary" for a CA',
    );
  }
  return {
    server,
    dn: decodePart(dn, url),
    attribute,
    scope: scopeOf(scope, url),
    filter: filter === '' ? '(objectClass=*)' : bracketed(decodePart(filter, url)),
  };
}

function scopeOf(text: string, url: string): LdapUrl['scope'] {
  switch (text.toLowerCase()) {
    case '':
    case 'base':
      return 'base';
    case 'one':
      return 'one';
    case 'sub':
      return 'sub';
    default:
      throw unusable(url, 'its scope is unknown', 'A scope is base, one or sub');
  }
}

function bracketed(filter: string): string {
  return filter.startsWith('(') ? filter : `(${filter})`;
}
