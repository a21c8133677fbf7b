import { CertError } from '../base/errors.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { IpsecPeer } from '../store/ipsec-contract.ts';
import type { Store } from '../store/store.ts';
import { readResponder, type ResponderSetting } from './responder-setting.ts';
import { needOfPeers } from './ipsec-needs.ts';
import { nodesIn } from './served-names.ts';
import { listWords, type NamedWords } from './validation-words.ts';

/** What names others by their labels among the settings for judging peers: as it stands, or as it is to be. */
export interface JudgingSettings {
  readonly ocsp: readonly NamedWords[];
  readonly policies: readonly NamedWords[];
}

/** Somebody who names something, and what helps. */
export interface Need {
  /** As in `policy "gw"`. */
  readonly who: string;
  readonly hint: string;
}

/** A label among settings, and where it stands in them. */
export interface NamedLabel {
  readonly word: string;
  /** Its place, where the word takes several. */
  readonly index: number;
  readonly label: string;
}

/** Read what stands. */
export async function judgingSettings(store: Store): Promise<JudgingSettings> {
  return { ocsp: await listWords(store, 'ocsp'), policies: await listWords(store, 'policy') };
}

/** Name the OCSP object of a policy; "/Common/" before it, as a load balancer writes it, means nothing. */
export function validatorOf(words: SettingWords): string | undefined {
  const value = words['ocsp-cert-validator'];
  return typeof value === 'string' ? value.replace(/^\/Common\//, '') : undefined;
}

/** List the CAs that a policy, or an OCSP object, names. */
export function casNamedIn(words: SettingWords): readonly NamedLabel[] {
  const { text, texts } = readerOf(words);
  const chain = text('ca-chain');
  const bound = texts('signing-certs').flatMap((cert, index) => {
    const [, forCa = 'any'] = cert.split(':', 2);
    const labels = forCa === 'any' ? [] : forCa.split(',').filter((label) => label !== '');
    return labels.map((label) => ({ word: 'signing-certs', index, label }));
  });
  return [
    ...['ca', 'trust-ocsp-signing'].flatMap((word) =>
      texts(word).map((label, index) => ({ word, index, label })),
    ),
    ...(chain === undefined ? [] : [{ word: 'ca-chain', index: 0, label: chain }]),
    ...bound,
  ];
}

/** List the certificates that an OCSP object takes for those of responders, and the one it signs queries with. */
export function signersNamedIn(words: SettingWords): readonly NamedLabel[] {
  const { text, texts } = readerOf(words);
  const own = text('signer-cert');
  return [
    ...texts('signing-certs').map((cert, index) => ({
      word: 'signing-certs',
      index,
      label: cert.split(':', 1)[0] ?? '',
    })),
    ...(own === undefined ? [] : [{ word: 'signer-cert', index: 0, label: own }]),
  ];
}

/** Find who names a CA. */
export function needOfCa({ ocsp, policies }: JudgingSettings, label: string): Need | undefined {
  const names = ({ words }: NamedWords): boolean =>
    casNamedIn(words).some((named) => named.label === label);
  return needBy(policies.find(names), ocsp.find(names));
}

/** Find who takes a certificate for that of a responder. */
export function needOfSigner({ ocsp }: JudgingSettings, name: string): Need | undefined {
  return needBy(
    undefined,
    ocsp.find(({ words }) => signersNamedIn(words).some(({ label }) => label === name)),
  );
}

function needBy(policy?: NamedWords, object?: NamedWords): Need | undefined {
  if (policy) {
    const hint = `Set ca of that policy anew, or remove it: certkeeper no crypto map ${policy.name}`;
    return { who: `policy "${policy.name}"`, hint };
  }
  if (!object) return undefined;
  const hint = `Set that object up anew, or remove it: certkeeper no ocsp verify-object ${object.name}`;
  return { who: `OCSP object "${object.name}"`, hint };
}

/**
 * Refuse to take away a CA certificate that peers are judged by.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertCaCertificateUnneeded(store: Store, label: string): Promise<void> {
  const settings = await judgingSettings(store);
  const judging =
    needOfCa(settings, label) ??
    needOfSigner(settings, label) ??
    needOfPeers(await store.ipsecPeers.list(), 'ca', label);
  refuse(`CA certificate "${label}"`, judging ?? (await needOfRelayedCa(store, label)));
}

/**
 * Refuse to take away a CA profile that peers are judged by. A CA certificate of its label stands for the label before it
 * does.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertProfileUnneeded(store: Store, label: string): Promise<void> {
  if ((await store.caCertificates.get(label)) !== undefined) return;
  const judging =
    needOfCa(await judgingSettings(store), label) ??
    needOfPeers(await store.ipsecPeers.list(), 'ca', label);
  refuse(`CA profile "${label}"`, judging ?? (await needOfRelayedCa(store, label)));
}

/** Find the policy that a certificate of ours is used with. */
function needOfOwn({ policies }: JudgingSettings, name: string): Need | undefined {
  const user = policies.find(({ words }) => readerOf(words).texts('cert-name').includes(name));
  const hint = 'Set cert-name of that policy anew, or remove the policy';
  return user && { who: `policy "${user.name}"`, hint };
}

/**
 * Refuse to take away a certificate that is one of a responder, that a policy is used with, that another node is known by, or that is shown to one.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertCertificateUnneeded(store: Store, name: string): Promise<void> {
  const settings = await judgingSettings(store);
  const need =
    needOfSigner(settings, name) ??
    needOfOwn(settings, name) ??
    needOfPeers(await store.ipsecPeers.list(), 'certificate', name) ??
    (await needOfNode(store, name));
  refuse(`"${name}"`, need);
}

/**
 * Refuse to take away an OCSP object that somebody asks by.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertOcspObjectUnneeded(store: Store, name: string): Promise<void> {
  refuse(`OCSP object "${name}"`, await needOfOcspObject(store, name));
}

/** What stands in place of what is stored, where that is about to be changed. */
export interface StandingNeeds {
  readonly policies?: readonly NamedWords[];
  /** Names of certificates, each with the OCSP object that its staple is got by. */
  readonly staples?: Iterable<readonly [string, string]>;
  readonly responder?: Pick<ResponderSetting, 'object' | 'forCa'>;
  readonly peers?: readonly IpsecPeer[];
}

/** Find who asks by an OCSP object: a policy, an IPsec peer, a certificate whose staple is got by it, or the responder of the agent. */
export async function needOfOcspObject(
  store: Store,
  name: string,
  standing: StandingNeeds = {},
): Promise<Need | undefined> {
  const all = standing.policies ?? (await listWords(store, 'policy'));
  const user = all.find(({ words }) => validatorOf(words) === name);
  if (user) {
    const hint = 'Set ocsp-cert-validator of that policy anew, or remove the policy';
    return { who: `policy "${user.name}"`, hint };
  }
  const peer = needOfPeers(standing.peers ?? (await store.ipsecPeers.list()), 'ocsp', name);
  if (peer) return peer;
  const staples = standing.staples ?? (await store.nameSettings.having('staple-ocsp'));
  for (const [other, object] of staples) {
    if (object !== name) continue;
    return { who: `the staple of "${other}"`, hint: 'Have that asked for in another way first' };
  }
  const responder = standing.responder ?? (await readResponder(store.settings));
  return responder?.object === name ? needOfResponder : undefined;
}

/** Tell whether the responder of the agent asks about certificates of a CA. */
export async function needOfRelayedCa(store: Store, label: string): Promise<Need | undefined> {
  const responder = await readResponder(store.settings);
  return responder?.forCa.includes(label) === true ? needOfResponder : undefined;
}

const needOfResponder: Need = {
  who: 'the responder of the agent',
  hint: 'Set that anew, with "certkeeper staple responder listen …", or end it with "certkeeper no staple responder"',
};

/**
 * Refuse to take away a CRL that a policy or an IPsec peer looks at.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertCrlUnneeded(store: Store, name: string): Promise<void> {
  const need =
    needOfCrl(await listWords(store, 'policy'), name) ??
    needOfPeers(await store.ipsecPeers.list(), 'crl', name);
  refuse(`CRL "${name}"`, need);
}

/**
 * Refuse to take away a policy that an IPsec peer is judged by.
 *
 * @throws {CertError} CONFIG_INVALID, naming who needs it
 */
export async function assertPolicyUnneeded(store: Store, name: string): Promise<void> {
  refuse(`policy "${name}"`, needOfPeers(await store.ipsecPeers.list(), 'policy', name));
}

/** Find the policy that looks at a CRL. */
export function needOfCrl(policies: readonly NamedWords[], name: string): Need | undefined {
  const user = policies.find(({ words }) => readerOf(words).texts('ca-crl').includes(name));
  const hint = 'Set ca-crl of that policy anew, or remove the policy';
  return user && { who: `policy "${user.name}"`, hint };
}

async function needOfNode({ nameSettings }: Store, name: string): Promise<Need | undefined> {
  for (const [other, nodes] of await nameSettings.having('serve-to')) {
    if (other === name || !nodesIn(nodes).includes(name)) continue;
    const hint = `Serve it there no more first: certkeeper no agent serve name ${other} to ${name}`;
    return { who: `whoever is served "${other}" as "${name}"`, hint };
  }
  for (const [other, as] of await nameSettings.having('fetch-as')) {
    const isFetched = as === name && other !== name;
    if (!isFetched || (await nameSettings.get(other, 'auto-fetch-days')) === undefined) continue;
    const hint = `Have it fetched with another one: certkeeper cmp auto-fetch current-name ${other} … as NAME`;
    return { who: `fetching "${other}" from another agent`, hint };
  }
  return undefined;
}

function refuse(what: string, need: Need | undefined): void {
  if (need === undefined) return;
  throw new CertError('CONFIG_INVALID', `Cannot remove ${what}: ${need.who} needs it`, {
    hint: need.hint,
  });
}
