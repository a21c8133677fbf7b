import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import { digest } from '../crypto/digest.ts';
import type { IkeAuthority } from '../deploy/ike-daemon.ts';
import type { Store } from '../store/store.ts';
import { certificateDer } from '../x509/certificate.ts';
import { parseIpAddress } from '../x509/general-name-text.ts';
import { cas, type CrlOfCa } from './ipsec-crls.ts';
import { crlPathOf, largeCrls } from './ipsec-large-crls.ts';
import { trustIfAny, type TrustedPeer } from './ipsec-trust.ts';
import { isSame } from './issuer-chain.ts';
import { readResponder } from './responder-setting.ts';

/** How the names of those begin that we load into charon; others are those of somebody else. */
const prefix = 'certkeeper-';

/** Octets of the digest that names one: nobody makes a second CA for the same 64 bits by chance. */
const NAME_OCTETS = 8;

/** Name what is loaded into charon for a CA certificate. */
export function authorityName(caCertificate: Uint8Array): string {
  return prefix + toHex(digest('sha256', caCertificate).subarray(0, NAME_OCTETS));
}

/** Tell whether an authority in charon is one that we loaded. */
export function isOurAuthority(name: string): boolean {
  return name.startsWith(prefix) && /^[0-9a-f]{16}$/.test(name.slice(prefix.length));
}

/**
 * Say where charon is to ask for the status of the certificates of each CA by which peers are judged. Charon has one such
 * place for a CA, whatever connection it is about, so this is of all peers of a charon.
 *
 * @param responderUrl of the agent's responder, which asks by the OCSP object of the peer, and has the CRLs that are too
 *   large to be loaded
 * @param large CRLs of these
 * @returns only CAs for which there is such a place
 */
export function authoritiesOf(
  peers: readonly TrustedPeer[],
  responderUrl: string | undefined,
  large: readonly CrlOfCa[] = [],
): readonly IkeAuthority[] {
  const found = new Map<string, IkeAuthority>();
  for (const { peer, trust } of peers) {
    const asked = trust.ocspObject !== undefined && responderUrl !== undefined;
    const ocspUris = asked ? [responderUrl] : [];
    for (const each of cas(trust)) {
      const hasLarge = large.some(({ ca }) => isSame(ca, each)) && responderUrl !== undefined;
      // Ours first: it is verified, and there when its own host is not.
      const ours = hasLarge ? [new URL(crlPathOf(each), responderUrl).href] : [];
      const crlUris = [...ours, ...peer.crlUris];
      if (ocspUris.length === 0 && crlUris.length === 0) continue;
      const caCertificate = certificateDer(each);
      const name = authorityName(caCertificate);
      const known = found.get(name) ?? { name, caCertificate, ocspUris: [], crlUris: [] };
      found.set(name, {
        ...known,
        ocspUris: [...new Set([...known.ocspUris, ...ocspUris])],
        crlUris: [...new Set([...ours, ...known.crlUris, ...crlUris])],
      });
    }
  }
  return [...found.values()];
}

/** Find the CRLs that charons can only fetch, of the CAs of some peers, each once. */
export async function largeCrlsOf(
  store: Pick<Store, 'heldCrls'>,
  peers: readonly TrustedPeer[],
): Promise<readonly CrlOfCa[]> {
  const found = new Map<string, CrlOfCa>();
  for (const { trust } of peers) {
    for (const each of await largeCrls(store, trust)) {
      found.set(authorityName(certificateDer(each.ca)), each);
    }
  }
  return [...found.values()];
}

/**
 * Write where the agent answers charon, which peers with an OCSP object need.
 *
 * @returns undefined when it answers nobody, or at a port that is not known before
 * @throws {CertError} CONFIG_INVALID when that is so, and a peer needs it
 */
export async function responderUrlFor(
  { settings }: Pick<Store, 'settings'>,
  peers: readonly TrustedPeer[],
): Promise<string | undefined> {
  const responder = await readResponder(settings);
  if (responder !== undefined && responder.port !== 0) {
    const { address, port } = responder;
    return `http://${hostPortText({ host: reachable(address), port })}/`;
  }
  const [bound] = peers.filter(({ trust }) => trust.ocspObject !== undefined);
  if (bound === undefined) return undefined;
  const { peer, trust } = bound;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot have charon ask about IPsec peer "${peer.name}" as OCSP object "${trust.ocspObject}" says: the agent answers ${
      responder === undefined ? 'nobody' : 'at any port that is free'
    }`,
    { hint: 'Set the place with "certkeeper staple responder listen 127.0.0.1:8889"' },
  );
}

/** One that listens at every address is asked at that of this machine. */
function reachable(address: string): string {
  const octets = parseIpAddress(address);
  if (octets === undefined || octets.some((octet) => octet !== 0)) return address;
  return octets.length === 4 ? '127.0.0.1' : '::1';
}

/** Find the others of a charon, whose places are not to be taken away; of what is set up wrong for one nothing is known. */
export async function otherPeersOf(
  store: Store,
  socket: string,
  certificate: string,
): Promise<{ readonly peers: readonly TrustedPeer[]; readonly isComplete: boolean }> {
  const peers: TrustedPeer[] = [];
  let isComplete = true;
  for (const peer of await store.ipsecPeers.list()) {
    if (peer.socket !== socket || peer.certificate === certificate) continue;
    const trust = await trustIfAny(store, peer);
    if (trust === undefined) isComplete = false;
    else peers.push({ peer, trust });
  }
  return { peers, isComplete };
}
