import { CertError } from '../base/errors.ts';
import { parseServerUrl, schemeOf } from '../retrieval/url.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import type { DistributionPoint } from '../x509/distribution-point.ts';

/** A CRL that an operator set up by its place. */
export interface CrlPlace {
  readonly name: string;
  readonly url: string;
  /** How it is said to be written; the octets decide. */
  readonly format?: 'der' | 'pem';
  /** Fetched again after this long at the latest. */
  readonly refreshSeconds?: number;
}

/** Where certificates may send us. */
export interface PlaceRules {
  /** Host names, in any case; all of them without it. */
  readonly hosts?: readonly string[];
  /** Files of this machine, too. */
  readonly allowFiles?: boolean;
}

/** A place that may be gone to, or why not. */
export type Place =
  | { readonly type: 'place'; readonly url: string }
  | { readonly type: 'refused'; readonly url: string; readonly failure: Unavailable };

/** URLs of one distribution point that are looked at: the same CRL by http and ldap, and one of each to spare. */
const MAX_URLS = 4;

/** Longer than any CA has, and what browsers and proxies take; it is stored, logged and shown as it is. */
export const MAX_URL_CHARACTERS = 2048;

/** What an LDAP URL asks for that names no attribute; of a CA with CRLs by parts it is the same one. */
const LDAP_ATTRIBUTE = 'certificateRevocationList;binary';

/**
 * List the places of a distribution point, in its order (RFC 5280 section 4.2.1.13). Whoever made the certificate chose
 * them: no passwords, no files, only hosts that are allowed. A name without a URL is no place: CRLs that are for it may
 * be configured.
 */
export function placesOf(
  { distributionPoint }: DistributionPoint,
  rules: PlaceRules,
): readonly Place[] {
  if (distributionPoint?.type !== 'fullName') return [];
  return distributionPoint.value
    .flatMap((name) => (name.type === 'uniformResourceIdentifier' ? [name.value] : []))
    .slice(0, MAX_URLS)
    .map((url) => placeAt(url, rules));
}

function placeAt(url: string, { hosts, allowFiles = false }: PlaceRules): Place {
  if (url.length > MAX_URL_CHARACTERS) {
    return refused(`${withoutUser(url).slice(0, 80)}…`, `its URL has ${url.length} characters`);
  }
  try {
    const scheme = schemeOf(url);
    switch (scheme) {
      case 'file':
        return allowFiles
          ? { type: 'place', url }
          : refused(url, 'files are not read for certificates');
      case 'sftp':
      case 'tftp':
        return refused(url, `${scheme} is not used for certificates`);
      default: {
        const { host } = parseServerUrl(url);
        if (!isAllowedHost(host, hosts)) {
          return refused(url, `host "${host}" is not one of those that are allowed`);
        }
        return { type: 'place', url: withCrlAttribute(url) };
      }
    }
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    // Its message quotes a URL only where that has no password.
    return refused(withoutUser(url), error.message);
  }
}

/** Have an LDAP URL that names no attribute ask for CRLs; others stay as they are. */
export function withCrlAttribute(url: string): string {
  return /^ldaps?:[^?]*$/i.test(url) ? `${url}?${LDAP_ATTRIBUTE}` : url;
}

/** Tell whether a host is one of those that are allowed; all of them are where none is named. */
export function isAllowedHost(host: string, hosts: readonly string[] | undefined): boolean {
  return !hosts || hosts.some((allowed) => bare(allowed) === bare(host));
}

function refused(url: string, why: string): Place {
  return { type: 'refused', url, failure: unavailable('no-source', why) };
}

/** As names of hosts are compared. */
function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

function withoutUser(url: string): string {
  return url.includes('@') ? url.replace(/^([a-z][a-z0-9+.-]*:).*$/is, '$1...') : url;
}
