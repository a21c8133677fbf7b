import { CertError } from '../base/errors.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { quoteName } from '../x509/name-text.ts';
import { ipsecTrust, type IpsecTrust } from './ipsec-trust.ts';
import { needOfPeer } from './ipsec-needs.ts';
import { isSame } from './issuer-chain.ts';
import { readResponder } from './responder-setting.ts';
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
  if (responder === undefined || responder.port === 0) {
    const where = responder === undefined ? 'nobody' : 'at any port that is free';
    fail(
      `the agent answers ${where}`,
      'Say where: certkeeper staple responder listen 127.0.0.1:8889',
    );
  }
  const own = casOf(trust);
  for (const other of await store.ipsecPeers.list()) {
    if (other.name === peer.name) continue;
    const otherTrust = await trustIfAny(store, other);
    const { ocspObject: theirs } = otherTrust ?? {};
    if (otherTrust === undefined || theirs === undefined || theirs === ocspObject) continue;
    const common = commonOf(own, casOf(otherTrust));
    if (common === undefined) continue;
    fail(
      `peer "${other.name}" has "${theirs}" for the same CA ${quoteName(common.tbsCertificate.subject)}`,
      'Give both the same object: charon asks in one place for each CA',
    );
  }
  const { object, forCa = [] } = responder ?? {};
  if (object === undefined || object === ocspObject) return;
  for (const label of forCa) {
    const { anchors, intermediates } = await caGroup(store, label);
    if (commonOf(own, [...anchors, ...intermediates]) === undefined) continue;
    fail(
      `the responder of the agent asks about certificates of "${label}" by "${object}"`,
      'Give both the same object, or set the responder without that CA in for-ca',
    );
  }
}

function casOf({ anchors, intermediates }: IpsecTrust): readonly Certificate[] {
  return [...anchors, ...intermediates];
}

function commonOf(
  own: readonly Certificate[],
  others: readonly Certificate[],
): Certificate | undefined {
  return own.find((one) => others.some((other) => isSame(one, other)));
}

/** What is set up wrong for another peer is told of when that is deployed. */
async function trustIfAny(store: Store, peer: IpsecPeer): Promise<IpsecTrust | undefined> {
  try {
    return await ipsecTrust(store, peer);
  } catch (error) {
    if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
    return undefined;
  }
}

/**
 * Refuse to take away the responder that charon asks about peers.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertResponderUnneeded(store: Store): Promise<void> {
  for (const peer of await store.ipsecPeers.list()) {
    if ((await trustIfAny(store, peer))?.ocspObject === undefined) continue;
    const { who, hint } = needOfPeer(peer);
    throw new CertError('CONFIG_INVALID', `Cannot have the agent answer nobody: ${who} needs it`, {
      hint,
    });
  }
}
