import { CertError } from '../base/errors.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Need } from './needed-by.ts';

/** What an IPsec peer may name. */
export type PeerReference = 'ca' | 'certificate' | 'crl' | 'ocsp' | 'policy';

/** Find the peer that names something. */
export function needOfPeers(
  peers: readonly IpsecPeer[],
  kind: PeerReference,
  name: string,
): Need | undefined {
  const peer = peers.find((each) => namesOf[kind](each).includes(name));
  return peer && needOfPeer(peer);
}

const namesOf: Readonly<Record<PeerReference, (peer: IpsecPeer) => readonly string[]>> = {
  ca: ({ ca }) => ca,
  certificate: ({ certificate }) => [certificate],
  crl: ({ crls }) => crls,
  ocsp: ({ ocspObject }) => (ocspObject === undefined ? [] : [ocspObject]),
  policy: ({ policy }) => (policy === undefined ? [] : [policy]),
};

/** Say that a peer needs something. */
export function needOfPeer({ name }: IpsecPeer): Need {
  return {
    who: `IPsec peer "${name}"`,
    hint: `Set that peer up anew without it, or remove it: certkeeper ipsec peer remove ${name}`,
  };
}

/**
 * Refuse an OCSP object without a url by which charon is answered about a peer: its questions name no certificate.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export function assertUrlUnneeded(peers: readonly IpsecPeer[], object: string): void {
  const need = needOfPeers(peers, 'ocsp', object);
  if (need === undefined) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot set up OCSP object "${object}" without url: ${need.who} needs it`,
    { hint: 'Set url of that object' },
  );
}
