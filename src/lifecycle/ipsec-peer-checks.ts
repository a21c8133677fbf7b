import { CertError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import type { ValidationKind } from '../store/validation-contract.ts';
import type { Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { chainToSend } from './build-chain.ts';
import type { LifecycleContext } from './context.ts';
import { assertOwnIdentity, parseIkeIdentity } from './ipsec-identity.ts';
import { assertOneValidator } from './ipsec-validators.ts';
import { isOverlapping, parseSelector, type TrafficSelector } from './ipsec-selectors.ts';
import { ipsecTrust, type IpsecTrust } from './ipsec-trust.ts';
import { isSelfSigned } from './issuer-chain.ts';
import { storedCertificate } from './stored-certificate.ts';
import { assertManaged } from './tracked.ts';
import { kindTexts } from './validation-words.ts';

/**
 * Look whether an IPsec peer could work with everything it names.
 *
 * @returns by what it is judged
 * @throws {CertError} CONFIG_INVALID, CA_UNKNOWN, CERT_UNKNOWN, CERT_TRACKED, with the next step
 */
export async function checkIpsecPeer(
  context: Pick<LifecycleContext, 'store' | 'log'>,
  peer: IpsecPeer,
): Promise<IpsecTrust> {
  const { store } = context;
  await assertKnown(store, peer, 'crl', peer.crls);
  if (peer.ocspObject !== undefined) await assertKnown(store, peer, 'ocsp', [peer.ocspObject]);
  const trust = await ipsecTrust(store, peer);
  await checkOwnCertificate(context, peer, trust);
  for (const anchor of trust.anchors) assertSelfSigned(peer, anchor);
  await assertOneValidator(store, peer, trust);
  assertApart(peer, await store.ipsecPeers.list());
  return trust;
}

function fail(peer: IpsecPeer, why: string, hint: string): never {
  throw new CertError('CONFIG_INVALID', `Cannot set up IPsec peer "${peer.name}": ${why}`, {
    hint,
  });
}

async function assertKnown(
  store: Store,
  peer: IpsecPeer,
  kind: ValidationKind,
  wanted: readonly string[],
): Promise<void> {
  if (wanted.length === 0) return;
  const known = (await store.validationObjects.list(kind)).map(({ name }) => name);
  const missing = wanted.find((name) => !known.includes(name));
  if (missing === undefined) return;
  const near = suggest(missing, known);
  const how =
    kind === 'ocsp'
      ? `Set it up with "certkeeper ocsp verify-object ${missing} …"`
      : `Set it up with "certkeeper ca-crl name ${missing} …"`;
  fail(
    peer,
    `there is no ${kindTexts[kind]} "${missing}"`,
    near === undefined ? how : `Did you mean "${near}"?`,
  );
}

async function checkOwnCertificate(
  context: Pick<LifecycleContext, 'store' | 'log'>,
  peer: IpsecPeer,
  { maxChainLength }: IpsecTrust,
): Promise<void> {
  const { store } = context;
  const { certificate: name, localId } = peer;
  const current = await store.certificates.current(name);
  if (current === undefined) return await assertAwaited(store, peer);
  assertManaged(current, 'deploy');
  const certificate = storedCertificate(current.der, `"${name}"`);
  if (localId !== undefined) assertOwnIdentity(certificate, parseIkeIdentity(localId), name);
  const length = (await chainToSend(context, current)).length + 1;
  if (length > maxChainLength) {
    fail(
      peer,
      `"${name}" has ${length} certificates below its anchor, itself among them, allowed are ${maxChainLength}`,
      'Have it issued nearer to the root, or set max-chain-length of the policy',
    );
  }
}

/** The certificate may come later, once somebody has asked for it: a name that is only mistyped never would. */
async function assertAwaited(store: Store, { certificate: name }: IpsecPeer): Promise<void> {
  if ((await store.transactions.overview(name)).length > 0) return;
  if ((await store.keyRequests.get(name)) !== undefined) return;
  const near = suggest(name, await store.certificates.names());
  throw new CertError(
    'CERT_UNKNOWN',
    `Cannot use certificate "${name}" for IPsec: there is none that is current, and none is asked for`,
    {
      hint:
        near === undefined || near === name
          ? 'See "certkeeper show cert", or get one with "certkeeper cmp initialize"'
          : `Did you mean "${near}"?`,
    },
  );
}

/** Charon takes a certificate for an anchor only if it is signed with its own key. */
function assertSelfSigned(peer: IpsecPeer, anchor: Certificate): void {
  if (isSelfSigned(anchor)) return;
  const { subject, issuer } = anchor.tbsCertificate;
  fail(
    peer,
    `${quoteName(subject)} is not self-signed, and charon ends no path there`,
    `Name the root above it as ca: ${quoteName(issuer)}`,
  );
}

interface Traffic {
  readonly where: string;
  readonly local: readonly TrafficSelector[];
  readonly remote: readonly TrafficSelector[];
  /** Addresses that are not known yet are the same only within a peer. */
  readonly isOwn: boolean;
}

/** The kernel would send what two of them take through the one that came last. */
function assertApart(peer: IpsecPeer, all: readonly IpsecPeer[]): void {
  const others = all
    .filter(({ name, socket }) => name !== peer.name && socket === peer.socket)
    .flatMap((other) => trafficOf(other, false));
  const own = trafficOf(peer, true);
  for (const [at, one] of own.entries()) {
    const other = [...own.slice(0, at), ...others].find((each) => isSame(one, each));
    if (other === undefined) continue;
    fail(
      peer,
      `there is traffic that both ${one.where} and ${other.where} would take`,
      'Choose selectors that do not overlap',
    );
  }
}

function trafficOf({ name: peer, children }: IpsecPeer, isOwn: boolean): readonly Traffic[] {
  return children.map(({ name, localSelectors, remoteSelectors }) => ({
    where: isOwn ? `child "${name}"` : `child "${name}" of "${peer}"`,
    local: localSelectors.map((text) => parseSelector(text)),
    remote: remoteSelectors.map((text) => parseSelector(text)),
    isOwn,
  }));
}

function isSame(a: Traffic, b: Traffic): boolean {
  const isPlaced = ({ range }: TrafficSelector): boolean => range !== undefined || b.isOwn;
  const meets = (ones: readonly TrafficSelector[], others: readonly TrafficSelector[]): boolean =>
    ones.some((one) => isPlaced(one) && others.some((other) => isOverlapping(one, other)));
  return meets(a.local, b.local) && meets(a.remote, b.remote);
}
