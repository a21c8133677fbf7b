import type { IpsecChild, IpsecPeer } from '../store/ipsec-contract.ts';
import type { IpsecChildWords, IpsecPeerWords } from './ipsec-words.ts';

/** Write a peer in the words it can be set up with, but for its name and socket. */
export function wordsOfIpsecPeer(peer: IpsecPeer): IpsecPeerWords {
  return {
    description: peer.description,
    localAddress: some(peer.localAddresses),
    peer: peer.remoteAddresses.length === 0 ? ['any'] : peer.remoteAddresses,
    localId: peer.localId,
    remoteId: peer.remoteId,
    certificate: peer.certificate,
    ca: some(peer.ca),
    policy: peer.policy,
    initiator: peer.isInitiator ? true : undefined,
    revocation: peer.revocation,
    ocspCertValidator: peer.ocspObject,
    caCrl: some(peer.crls),
    crlUri: some(peer.crlUris),
    reauthTime: peer.reauthSeconds,
    reauthOnRenewal: peer.reauthenticates ? true : undefined,
    proposal: some(peer.proposals),
    children: peer.children.map(wordsOfIpsecChild),
  };
}

/** Write a child in words: protocol and ports stand behind each selector. */
export function wordsOfIpsecChild(child: IpsecChild): IpsecChildWords {
  return {
    name: child.name,
    localTs: child.localSelectors,
    remoteTs: child.remoteSelectors,
    espProposal: some(child.espProposals),
  };
}

function some(all: readonly string[]): readonly string[] | undefined {
  return all.length === 0 ? undefined : all;
}
