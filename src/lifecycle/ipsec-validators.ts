import { CertError } from '../base/errors.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { restartFor } from './charon-deployments.ts';
import { cas } from './ipsec-crls.ts';
import { trustIfAny, type IpsecTrust, type TrustedPeer } from './ipsec-trust.ts';
import { needOfPeer } from './ipsec-needs.ts';
import { isSame } from './issuer-chain.ts';
import { readResponder, type ResponderSetting } from './responder-setting.ts';
import { caGroup } from './trusted-labels.ts';
import { findWords } from './validation-words.ts';

/**
 * Look whether charon can be answered by the OCSP object of a peer: it asks the responder of the agent, in one place for
 * each CA, whichever connection it is about.
 *
 * @throws {CertError} CONFIG_INVALID naming who has another object for one of its CAs
 */
export async function assertOneValidator(
  store: Store,
  peer: IpsecPeer,
  trust: IpsecTrust,
): Promise<void> {
  const { ocspObject } = trust;
  if (ocspObject === undefined) return;
  const fail = (why: string, hint: string): never => {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot have charon asked by OCSP object "${ocspObject}" about IPsec peer "${peer.name}": ${why}`,
      { hint },
    );
  };
  const words = await findWords(store, 'ocsp', ocspObject);
  if (words?.['url'] === undefined) {
    fail(
      'it has no url, and a question names no certificate whose own could be used',
      'Set url of that object',
    );
  }
  const responder = await readResponder(store.settings);
  if (responder === undefined) {
    fail(
      'the agent answers nobody',
      'Say where it does: certkeeper staple responder listen 127.0.0.1:8889',
    );
  }
  const own = cas(trust);
  for (const other of await store.ipsecPeers.list()) {
    if (other.name === peer.name) continue;
    const otherTrust = await trustIfAny(store, other);
    const { ocspObject: theirs } = otherTrust ?? {};
    if (otherTrust === undefined || theirs === undefined || theirs === ocspObject) continue;
    const common = commonOf(own, cas(otherTrust));
    if (common === undefined) continue;
    fail(
      `peer "${other.name}" has "${theirs}" for the same CA ${quoteName(common.tbsCertificate.subject)}`,
      'Give both the same object: charon asks in one place for each CA',
    );
  }
  const { object, forCa = [] } = responder ?? {};
  if (object === undefined || object === ocspObject) return;
  const label = await labelAmong(store, forCa, own);
  if (label === undefined) return;
  fail(
    `the responder of the agent asks about certificates of "${label}" by "${object}"`,
    'Give both the same object, or set the responder without that CA in for-ca',
  );
}

function commonOf(
  own: readonly Certificate[],
  others: readonly Certificate[],
): Certificate | undefined {
  return own.find((one) => others.some((other) => isSame(one, other)));
}

/** Find the peers about which charon asks the responder of the agent. */
async function askedAbout(store: Store): Promise<readonly TrustedPeer[]> {
  const asked: TrustedPeer[] = [];
  for (const peer of await store.ipsecPeers.list()) {
    const trust = await trustIfAny(store, peer);
    if (trust?.ocspObject !== undefined) asked.push({ peer, trust });
  }
  return asked;
}

/**
 * Refuse a responder by which charon could not be answered about peers, or none in its place.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertPeersAnswered(
  store: Store,
  responder: ResponderSetting | undefined,
): Promise<void> {
  for (const { peer, trust } of await askedAbout(store)) {
    const { who, hint } = needOfPeer(peer);
    if (responder === undefined) {
      throw new CertError(
        'CONFIG_INVALID',
        `Cannot have the agent answer nobody: ${who} needs it`,
        { hint },
      );
    }
    const { object, forCa } = responder;
    if (object === undefined || object === trust.ocspObject) continue;
    const label = await labelAmong(store, forCa, cas(trust));
    if (label === undefined) continue;
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot ask about certificates of "${label}" by "${object}": ${who} has "${trust.ocspObject}" for them`,
      { hint: 'Give both the same object, or leave that CA out of for-ca' },
    );
  }
}

/** Have charon told where the agent answers now, with the deployments of the peers it asks about. */
export async function restartAskedAbout(store: Store): Promise<void> {
  for (const { peer } of await askedAbout(store)) await restartFor(store, peer);
}

/** Find the first label that stands for one of these CAs. */
async function labelAmong(
  store: Store,
  labels: readonly string[],
  own: readonly Certificate[],
): Promise<string | undefined> {
  for (const label of labels) {
    if (commonOf(own, cas(await caGroup(store, label))) !== undefined) return label;
  }
  return undefined;
}
