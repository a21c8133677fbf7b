import { parseLabel, type Label } from '../base/label.ts';
import { suggest } from '../base/suggest.ts';
import { usualCharonSocket, usualCharonSockets } from '../deploy/charon-socket.ts';
import { wordsOfIpsecPeer } from '../lifecycle/ipsec-peer-words.ts';
import { putIpsecPeer, removeIpsecPeer } from '../lifecycle/ipsec-peers.ts';
import { ipsecPeerOf } from '../lifecycle/ipsec-words.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import { compare, type Change, type ConfigContext, type Entry, type Words } from './entry.ts';
import { checkLabels, knownLabels, type KnownLabels } from './judging-labels.ts';
import { formatDuration } from './leaves.ts';
import { absolute, faultOf } from './places.ts';
import type { ConfigFile } from './schema.ts';
import type { IpsecPeerFileWords } from './words-ipsec.ts';

const section = 'ipsec-peer';

/** The tunnels that are set up, as the file would have them: an entry for a peer, and one for each child. */
export async function storedIpsecPeers({ ipsecPeers }: Store): Promise<readonly Entry[]> {
  return (await ipsecPeers.list()).flatMap((peer) => [
    { path: [peer.name], words: wordsOf(peer) },
    ...childrenOf(peer).map(({ name, words }) => ({ path: [peer.name, 'child', name], words })),
  ]);
}

/** Compare the tunnels that are set up with those of the file; what they name may be in the file as well. */
export async function compareIpsecPeers(
  context: ConfigContext,
  file: Readonly<Record<string, IpsecPeerFileWords>>,
  whole: ConfigFile,
): Promise<readonly Change[]> {
  const { store } = context;
  const known = await knownLabels(context, whole);
  const stored = await store.ipsecPeers.list();
  const wanted = [];
  for (const [text, words] of Object.entries(file)) {
    const name = parseLabel(text, 'ipsec-peer');
    const before = stored.find((peer) => peer.name === name);
    const peer = await faultOf(context, [section, name], () =>
      peerIn(context, name, words, before),
    );
    if (peer === undefined) continue;
    await checkNames(context, known, peer, whole);
    wanted.push({
      path: [name],
      words: allWords(peer),
      put: async (carry: Parameters<Change['carryOut']>[0]) => {
        await putIpsecPeer(carry, peer, carry.isLater);
      },
    });
  }
  return compare({
    section,
    before: stored.map((peer) => ({ path: [peer.name], words: allWords(peer) })),
    wanted,
    // Where charon cannot be told, it is forgotten all the same.
    async remove([name = ''], carry) {
      await removeIpsecPeer(carry, name, { isForced: true });
    },
  });
}

function peerIn(
  context: ConfigContext,
  name: Label,
  words: IpsecPeerFileWords,
  before: IpsecPeer | undefined,
): IpsecPeer {
  const { child = {}, socket, ...given } = words;
  return ipsecPeerOf(name, socketIn(context, socket, before), {
    ...given,
    localAddress: given['local-address'],
    localId: given['local-id'],
    remoteId: given['remote-id'],
    ocspCertValidator: given['ocsp-cert-validator'],
    caCrl: given['ca-crl'],
    crlUri: given['crl-uri'],
    reauthTime: given['reauth-time'],
    reauthOnRenewal: given['reauth-on-renewal'],
    children: Object.entries(child).map(([childName, each]) => ({
      name: childName,
      localTs: each['local-ts'],
      remoteTs: each['remote-ts'],
      espProposal: each['esp-proposal'],
    })),
  });
}

/** Left out it is the usual one, whichever of them that was when the peer was set up. */
function socketIn(
  context: ConfigContext,
  given: string | undefined,
  before: IpsecPeer | undefined,
): string {
  if (given !== undefined) return absolute(given, context);
  const present = usualCharonSockets.find((usual) => usual === before?.socket);
  return present ?? usualCharonSocket();
}

async function checkNames(
  context: ConfigContext,
  known: KnownLabels,
  peer: IpsecPeer,
  whole: ConfigFile,
): Promise<void> {
  const { faults, store } = context;
  const { name, ca, crls, ocspObject, policy, certificate } = peer;
  checkLabels(context, known, [section, name], {
    ca,
    'ca-crl': crls,
    ...(ocspObject !== undefined && { 'ocsp-cert-validator': ocspObject }),
  });
  const policies = whole['crypto-policy']
    ? Object.keys(whole['crypto-policy'])
    : (await store.validationObjects.list('policy')).map((each) => each.name);
  if (policy !== undefined && !policies.includes(policy)) {
    const near = suggest(policy, policies);
    faults.add(
      [section, name, 'policy'],
      `there is no policy "${policy}"`,
      near === undefined ? 'Set one up in section crypto-policy' : `Did you mean "${near}"?`,
    );
  }
  const isThere =
    known.certificates.has(certificate) ||
    (await store.transactions.overview(certificate)).length > 0 ||
    (await store.keyRequests.get(certificate)) !== undefined;
  if (isThere) return;
  const near = suggest(certificate, known.certificates);
  faults.add(
    [section, name, 'certificate'],
    `there is no certificate "${certificate}", and none is asked for`,
    near === undefined ? 'Get one with "certkeeper cmp initialize"' : `Did you mean "${near}"?`,
  );
}

function wordsOf(peer: IpsecPeer): Words {
  const words = wordsOfIpsecPeer(peer);
  return {
    socket: peer.socket,
    description: words.description,
    'local-address': words.localAddress,
    peer: words.peer,
    'local-id': words.localId,
    'remote-id': words.remoteId,
    certificate: words.certificate,
    ca: words.ca,
    policy: words.policy,
    initiator: words.initiator,
    revocation: words.revocation,
    'ocsp-cert-validator': words.ocspCertValidator,
    'ca-crl': words.caCrl,
    'crl-uri': words.crlUri,
    'reauth-time': words.reauthTime === undefined ? undefined : formatDuration(words.reauthTime),
    'reauth-on-renewal': words.reauthOnRenewal,
    proposal: words.proposal,
  };
}

function childrenOf(peer: IpsecPeer): readonly { readonly name: string; readonly words: Words }[] {
  return wordsOfIpsecPeer(peer).children.map(({ name, localTs, remoteTs, espProposal }) => ({
    name,
    words: { 'local-ts': localTs, 'remote-ts': remoteTs, 'esp-proposal': espProposal },
  }));
}

/** A peer is put with all of its children: they are compared as one. */
function allWords(peer: IpsecPeer): Words {
  const children = childrenOf(peer).flatMap(({ name, words }) =>
    Object.entries(words).map(([word, value]) => [`child.${name}.${word}`, value] as const),
  );
  return { ...wordsOf(peer), ...Object.fromEntries(children) };
}
