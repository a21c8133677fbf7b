import { fromDer } from '../asn1/codec.ts';
import { bytesEqual, toHex } from '../base/bytes.ts';
import { gate } from '../base/gate.ts';
import { hostText } from '../base/host-port.ts';
import { readable } from '../base/readable.ts';
import { digest } from '../crypto/digest.ts';
import { parseServerUrl, schemeOf } from '../retrieval/url.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import { CertificateBundle } from '../x509/certificate-bundle.ts';
import { byteCache } from './byte-cache.ts';
import type { Fetch } from './crl-fetcher.ts';
import { isAllowedHost, MAX_URL_CHARACTERS, type PlaceRules } from './crl-places.ts';
import { fetchFailure } from './fetch-failure.ts';
import { isNearOrigin } from './redirect-place.ts';
import { singleFlight } from './single-flight.ts';

/** What a peer names in place of sending it: RFC 7296 section 3.6, encodings 12 and 13. */
export interface HashAndUrl {
  /** What is there: one certificate (12), or several in one file (13). */
  readonly of: 'certificate' | 'bundle';
  /** SHA-1 of its octets. */
  readonly sha1: Uint8Array;
  readonly url: string;
}

/** The certificates that are there, DER; or why there are none. */
export type NamedCertificates =
  | { readonly type: 'fetched'; readonly certificates: readonly Uint8Array[] }
  | Unavailable;

/** Fetches what peers name. */
export interface CertificateFetcher {
  /**
   * Fetch by http or ftp, as nobody, and compare the hash. Never throws for what a peer or a server did; nothing of the
   * certificates is judged.
   */
  fetch(
    named: HashAndUrl,
    rules: Pick<PlaceRules, 'hosts'>,
    signal: AbortSignal,
  ): Promise<NamedCertificates>;
}

/** What fetching needs. */
export interface NamedContext {
  /** Fetch as nobody. */
  readonly fetchNamed: Fetch;
}

/** What a peer may send of certificates is 256 KiB altogether: see `readPeerChain`. */
const MAX_NAMED_OCTETS = 256 * 1024;

/** A chain has up to four below its anchor, unless the policy says more, and one file may have several. */
export const MAX_NAMED = 4;

/**
 * Files fetched at a time. Who names them has not been authenticated: strangers choose the places, and are not to have us
 * ask many of them.
 */
const AT_ONCE = 8;

/** Some 500 certificates. A hash stands for the same octets for ever, so that they are kept as long as there is room. */
const KEPT_OCTETS = 1024 * 1024;

/** Make it. One is for all peers. */
export function certificateFetcher({ fetchNamed }: NamedContext): CertificateFetcher {
  const kept = byteCache<Uint8Array>(KEPT_OCTETS);
  const flights = singleFlight<Uint8Array | Unavailable>();
  const few = gate(() => AT_ONCE);

  const load = async (
    { url, sha1 }: HashAndUrl,
    signal: AbortSignal,
  ): Promise<Uint8Array | Unavailable> => {
    try {
      const limits = { maxBytes: MAX_NAMED_OCTETS };
      const octets = await few.through(() => fetchNamed(url, { limits, signal }));
      if (bytesEqual(digest('sha1', octets), sha1)) return octets;
      return unavailable('malformed', 'what is there has another hash');
    } catch (error) {
      signal.throwIfAborted();
      return fetchFailure(error);
    }
  };

  return {
    async fetch(named, rules, signal) {
      const { url, sha1, of } = named;
      const refusal = refusalOf(url, rules);
      if (refusal) return refusal;
      const key = `${toHex(sha1)} ${url}`;
      try {
        const octets =
          kept.get(key) ?? (await flights.join(key, signal, (ending) => load(named, ending)));
        if (!(octets instanceof Uint8Array)) return octets;
        kept.set(key, octets, octets.length + key.length);
        return certificatesIn(octets, of);
      } catch (error) {
        return signal.aborted ? tooLate : fetchFailure(error);
      }
    },
  };
}

const tooLate = unavailable('timeout', 'the time for judging this peer is over');

function refusalOf(url: string, { hosts }: Pick<PlaceRules, 'hosts'>): Unavailable | undefined {
  if (url.length > MAX_URL_CHARACTERS) {
    return unavailable('no-source', `its URL has ${url.length} characters`);
  }
  const place = readable(() => {
    const scheme = schemeOf(url);
    return { scheme, host: scheme === 'file' ? '' : parseServerUrl(url).host };
  });
  if (!place) return unavailable('no-source', 'its URL is not used');
  if (place.scheme !== 'http' && place.scheme !== 'ftp') {
    return unavailable('no-source', 'certificates are fetched by http and ftp only');
  }
  // Whoever can reach the gateway chooses these places, and is not to have it ask itself.
  if (!hosts && isNear(place.host)) {
    return unavailable('no-source', `host "${place.host}" is on this machine or its link`);
  }
  return isAllowedHost(place.host, hosts)
    ? undefined
    : unavailable('no-source', `host "${place.host}" is not one of those that are allowed`);
}

/** By the parser of http URLs, which knows every way to write an address. */
function isNear(host: string): boolean {
  const origin = `http://${hostText(host)}`;
  return !URL.canParse(origin) || isNearOrigin(origin);
}

/** CRLs in a bundle play no part: those that count are fetched from where certificates and settings say. */
function certificatesIn(octets: Uint8Array, of: HashAndUrl['of']): NamedCertificates {
  if (of === 'certificate') return { type: 'fetched', certificates: [octets] };
  const bundle = readable(() => fromDer(CertificateBundle, octets));
  const certificates = (bundle ?? []).flatMap(({ type, value }) =>
    type === 'cert' ? [value] : [],
  );
  return certificates.length > 0
    ? { type: 'fetched', certificates }
    : unavailable('malformed', 'what is there is no bundle of certificates');
}
