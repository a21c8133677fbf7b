import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { IkeAuthority, IkeConnection, IkeKeyId } from '../deploy/ike-daemon.ts';
import type { CertificateRecord } from '../store/store.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { chainToSend, knownIssuers } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { authoritiesOf, largeCrlsOf, otherPeersOf, responderUrlFor } from './ipsec-authorities.ts';
import { cas, crlsForIke, isAmong } from './ipsec-crls.ts';
import { fetchAhead } from './ipsec-fetch-ahead.ts';
import { assertOwnIdentity, charonIdentity, parseIkeIdentity } from './ipsec-identity.ts';
import { largeCrlAdvice } from './ipsec-large-crls.ts';
import { idOf, keysGiven, keysOfOthers } from './ipsec-key-places.ts';
import { keyForIke, type KeyForIke } from './ipsec-key.ts';
import { DEFAULT_IKE_CHAIN_LENGTH, ipsecTrust, type TrustedPeer } from './ipsec-trust.ts';
import { isSelfSigned, orderChain } from './issuer-chain.ts';
import { storedCertificate } from './stored-certificate.ts';

/** Everything that goes to a charon with a certificate, found and checked before anything there is changed. */
export interface IpsecPlan {
  /** Of our certificate. */
  readonly name: Label;
  /** DER of CA certificates: those of peers, our own anchor, and the chain below it. */
  readonly cas: readonly Uint8Array[];
  /** DER of our certificate. */
  readonly certificate: Uint8Array;
  readonly key: KeyForIke;
  /** DER of each. */
  readonly crls: readonly Uint8Array[];
  readonly authorities: readonly IkeAuthority[];
  /** Whether `authorities` are all that peers of this charon need, so that others of ours can go. */
  readonly areAllAuthorities: boolean;
  readonly connections: readonly PlannedConnection[];
  /** Keys of this name that charon was given before. */
  readonly givenKeys: readonly IkeKeyId[];
  /** Keys of versions before this one, which nothing else at this charon uses. */
  readonly formerKeys: readonly IkeKeyId[];
  /** An earlier version has the same key: charon may go on with its certificate where none is pinned. */
  readonly isKeyReused: boolean;
}

/** A connection, and what else is to be done about it. */
export interface PlannedConnection {
  readonly connection: IkeConnection;
  readonly isInitiator: boolean;
  readonly reauthenticates: boolean;
}

/**
 * Gather what goes to a charon with a certificate, and check all of it.
 *
 * @param socket of the VICI of that charon
 * @throws {CertError} of any code, with the reason why it cannot be deployed
 */
export async function planIpsec(
  context: LifecycleContext,
  record: CertificateRecord,
  socket: string,
): Promise<IpsecPlan> {
  const { store, log } = context;
  const peers: TrustedPeer[] = [];
  for (const peer of await store.ipsecPeers.ofCertificate(record.name)) {
    if (peer.socket === socket) peers.push({ peer, trust: await ipsecTrust(store, peer) });
  }
  for (const each of peers) assertAnchors(each);
  const chain = await chainToSend(context, record);
  assertChainLength(record, chain, peers);
  // What is held by now is what is loaded below.
  await fetchAhead(context, record, peers);
  const others = await otherPeersOf(store, socket, record.name);
  const all = [...peers, ...others.peers];
  const url = await responderUrlFor(store, all);
  const authorities = authoritiesOf(all, url, await largeCrlsOf(store, all));
  for (const advice of largeCrlAdvice(await largeCrlsOf(store, peers), url)) log.warn(advice);
  const crls = await crlsForIke(
    store,
    peers.map(({ trust }) => trust),
  );
  const connections = peers.map((each) => planned(each, record));
  const ownAnchor = await ownAnchors(context, record);
  const versions = await formerVersions(context, record);
  const given = await keysGiven(store, record.name, socket);
  const used = await keysOfOthers(store, record.name, socket);
  // Last: from here on there is a key in memory.
  const key = await keyForIke(context, record);
  return {
    name: record.name,
    cas: unique([
      ...peers.flatMap(({ trust }) => cas(trust).map(certificateDer)),
      ...ownAnchor,
      ...chain,
    ]),
    certificate: record.der,
    key,
    crls,
    authorities,
    areAllAuthorities: others.isComplete,
    connections,
    givenKeys: given,
    formerKeys: [...new Set([...versions, ...given])].filter(
      (id) => id !== key.id && !used.has(id),
    ),
    isKeyReused: versions.has(key.id),
  };
}

function planned(
  { peer, trust }: TrustedPeer,
  { name, der }: CertificateRecord,
): PlannedConnection {
  const { isInitiator, reauthenticates } = peer;
  const certificate = storedCertificate(der, `"${name}"`);
  const local = peer.localId === undefined ? undefined : parseIkeIdentity(peer.localId);
  const remote = peer.remoteId === undefined ? undefined : parseIkeIdentity(peer.remoteId);
  // A renewed certificate may have lost it.
  if (local !== undefined) assertOwnIdentity(certificate, local, name);
  return {
    isInitiator,
    reauthenticates,
    connection: {
      name: peer.name,
      localAddresses: peer.localAddresses,
      remoteAddresses: peer.remoteAddresses,
      ...(local !== undefined && { localId: charonIdentity(local, certificate) }),
      ...(remote !== undefined && { remoteId: charonIdentity(remote) }),
      certificate: der,
      anchors: trust.anchors.map(certificateDer),
      revocation: trust.revocation,
      ...(peer.reauthSeconds !== undefined && { reauthSeconds: peer.reauthSeconds }),
      proposals: peer.proposals,
      children: peer.children.map((child) => ({ ...child, isStarted: isInitiator })),
    },
  };
}

/** Charon takes a certificate for an anchor only if it is signed with its own key. */
function assertAnchors({ peer, trust }: TrustedPeer): void {
  const below = trust.anchors.find((anchor) => !isSelfSigned(anchor));
  if (below === undefined) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot have charon judge IPsec peer "${peer.name}" by ${quoteName(below.tbsCertificate.subject)}: that CA certificate is not self-signed, and charon ends no path there`,
    { hint: 'Name the root above it as ca of the peer' },
  );
}

/** What our own chain is longer than, peers like this one would refuse. */
function assertChainLength(
  { name }: CertificateRecord,
  chain: readonly Uint8Array[],
  peers: readonly TrustedPeer[],
): void {
  const length = chain.length + 1;
  const limits = peers.map(({ trust }) => trust.maxChainLength);
  const limit = limits.length === 0 ? DEFAULT_IKE_CHAIN_LENGTH : Math.min(...limits);
  if (length <= limit) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot use "${name}" for IKE: it has ${length} certificates below its anchor, itself among them, allowed are ${limit}`,
    {
      hint: 'Have it issued nearer to the root, or set max-chain-length of the policy of the peer',
    },
  );
}

/** Charon sends the certificates between ours and an anchor that it has; the anchor itself it never sends. */
async function ownAnchors(
  { store }: LifecycleContext,
  record: CertificateRecord,
): Promise<readonly Uint8Array[]> {
  const { anchors, local, ofProfiles } = await knownIssuers(store, record.ca);
  const what = `"${record.name}"`;
  const own = record.chain.map((der) => storedCertificate(der, what));
  const known: readonly Certificate[] = [...own, ...local, ...ofProfiles];
  const { chain, end } = orderChain(storedCertificate(record.der, what), known, anchors);
  const last = chain.at(-1);
  return end === 'open' || last === undefined ? [] : [certificateDer(last)];
}

/** Find the keys of versions that are not current any more. */
async function formerVersions(
  { store }: LifecycleContext,
  { id, name }: CertificateRecord,
): Promise<ReadonlySet<IkeKeyId>> {
  const former = (await store.certificates.versions(name)).filter(
    (each) => each.id !== id && (each.status === 'superseded' || each.status === 'revoked'),
  );
  const keys = new Set<IkeKeyId>();
  for (const { keyId } of former) if (keyId !== undefined) keys.add(await idOf(store, keyId));
  return keys;
}

function unique(ders: readonly Uint8Array[]): readonly Uint8Array[] {
  return ders.filter((der, at) => !isAmong(der, ders.slice(0, at)));
}
