import { CertError } from '../base/errors.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { pathLimits } from './path-inputs.ts';

/** What a peer sent as its chain, read. */
export type PeerChain =
  | {
      readonly type: 'chain';
      readonly certificate: Certificate;
      /** The others, as they came; those that cannot be read are left out: no path leads through them. */
      readonly offered: readonly Certificate[];
    }
  /** `reason` is one of those a path is refused for; the detail is lower case, without a final period. */
  | {
      readonly type: 'refused';
      readonly reason: 'malformed-certificate' | 'search-exhausted';
      readonly detail: string;
    };

/**
 * Octets of all certificates of a peer together: far more than any need, whose names and policies fill 2 or 3 KB
 * each; with post-quantum signatures it may be 50.
 */
const MAX_CHAIN_OCTETS = 256 * 1024;

/**
 * Read the certificates a peer sent, its own first. Whatever they are, this does not throw.
 *
 * @param octets DER of one certificate each
 */
export function readPeerChain(octets: readonly Uint8Array[]): PeerChain {
  const [own, ...others] = octets;
  if (own === undefined) return refuse('malformed-certificate', 'no certificate was sent');
  if (others.length > pathLimits.offered) {
    const limit = `more than the limit of ${pathLimits.offered}`;
    return refuse('search-exhausted', `${others.length} certificates came along, ${limit}`);
  }
  const total = octets.reduce((sum, { length }) => sum + length, 0);
  if (total > MAX_CHAIN_OCTETS) {
    const what = `its certificates have ${total} octets, more than the limit of ${MAX_CHAIN_OCTETS}`;
    return refuse('search-exhausted', what);
  }
  const certificate = decode(own);
  if (typeof certificate === 'string') return refuse('malformed-certificate', certificate);
  const offered = others.map(decode).filter((one) => typeof one !== 'string');
  return { type: 'chain', certificate, offered };
}

/** @returns why not, when it cannot be read */
function decode(octets: Uint8Array): Certificate | string {
  try {
    return decodeCertificate(octets);
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return error.message;
    throw error;
  }
}

function refuse(
  reason: 'malformed-certificate' | 'search-exhausted',
  detail: string,
): Extract<PeerChain, { readonly type: 'refused' }> {
  return { type: 'refused', reason, detail };
}
