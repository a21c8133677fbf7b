import { CertError } from '../base/errors.ts';
import { wordsOfIpsecPeer } from '../lifecycle/ipsec-peer-words.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import { formatDuration } from './render.ts';
import type { JsonFields } from './staple-report.ts';
import { formatFields } from './table.ts';

/** Say that there is no peer of a name. */
export function noSuchPeer(what: string, name: string, near: string | undefined): CertError {
  return new CertError('CONFIG_INVALID', `Cannot ${what} IPsec peer "${name}": there is none`, {
    hint: near === undefined ? 'See "certkeeper show ipsec peer"' : `Did you mean "${near}"?`,
  });
}

/** Give what is set up for a peer as JSON. */
export function peerJson(peer: IpsecPeer): JsonFields {
  return { ...peer, children: peer.children.map((child) => ({ ...child })) };
}

/** Lay out what is set up for a peer, in the words that set it. */
export function peerFields(peer: IpsecPeer): string {
  const words = wordsOfIpsecPeer(peer);
  return formatFields([
    ['peer', peer.name],
    ['description', words.description],
    ['socket', peer.socket],
    ['local-address', words.localAddress?.join(' ') ?? 'any'],
    ['peer address', words.peer.join(' ')],
    ['local-id', words.localId],
    ['remote-id', words.remoteId],
    ['certificate', words.certificate],
    ['ca', words.ca?.join(' ')],
    ['policy', words.policy],
    ['initiator', words.initiator === true ? 'yes' : 'no'],
    ['revocation', words.revocation],
    ['ocsp-cert-validator', words.ocspCertValidator],
    ['ca-crl', words.caCrl?.join(' ')],
    ['crl-uri', words.crlUri?.join(' ')],
    ['reauth-time', words.reauthTime === undefined ? undefined : formatDuration(words.reauthTime)],
    ['reauth-on-renewal', words.reauthOnRenewal === true ? 'yes' : 'no'],
    ['proposal', words.proposal?.join(' ')],
    ...words.children.flatMap(({ name, localTs = [], remoteTs = [], espProposal }) => [
      ['child', name] as const,
      ['  local-ts', localTs.join(' ')] as const,
      ['  remote-ts', remoteTs.join(' ')] as const,
      ['  esp-proposal', espProposal?.join(' ')] as const,
    ]),
  ]);
}
