import type { SettingWords } from '../settings/setting.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import type { ValidationPolicy } from '../validation/contract.ts';
import { ipsecTrust } from './ipsec-trust.ts';
import { boundOcsp } from './ocsp-objects.ts';
import { ocspOfWords, policyOf } from './policy-of-words.ts';
import { findWords } from './validation-words.ts';

/**
 * Make the policy by which an IPsec peer is judged here: that of its name, with what the peer says by itself in place of
 * the same words, and the usual settings where neither says anything.
 *
 * @throws {CertError} CONFIG_INVALID when its policy is not there, or nobody is named to believe; CA_UNKNOWN; STORE_…
 */
export async function ipsecPolicy(store: Store, peer: IpsecPeer): Promise<ValidationPolicy> {
  const { anchors, intermediates, revocation, ocspObject, crls } = await ipsecTrust(store, peer);
  const {
    'ocsp-cert-validator': _,
    ocsp = 'off',
    ...stored
  } = (peer.policy === undefined ? undefined : await findWords(store, 'policy', peer.policy)) ?? {};
  const words: SettingWords = {
    ...stored,
    revocation,
    ...(crls.length > 0 && { 'ca-crl': crls }),
    ...(ocspObject === undefined ? { ocsp } : { 'ocsp-cert-validator': ocspObject }),
  };
  const asked = ocspObject === undefined ? ocspOfWords(words) : await boundOcsp(store, ocspObject);
  return policyOf(words, {
    // What is told of a policy has to say which peer it is about, where that has none.
    name: peer.policy ?? `IPsec peer "${peer.name}"`,
    anchors,
    intermediates,
    ...(asked && { ocsp: asked }),
  });
}
