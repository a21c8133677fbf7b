import {
  assertListable,
  configuredCrl,
  putConfiguredCrl,
  removeConfiguredCrl,
} from '../lifecycle/configured-crls.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { needOfPeers } from '../lifecycle/ipsec-needs.ts';
import { needOfCrl, needOfOcspObject, validatorOf, type Need } from '../lifecycle/needed-by.ts';
import { assertOwnNames } from '../lifecycle/own-names.ts';
import {
  checkedOcspObject,
  ocspTable,
  putOcspObject,
  removeOcspObject,
  tunnelPassword,
} from '../lifecycle/ocsp-objects.ts';
import {
  checkPolicy,
  putPolicy,
  removePolicy,
  storedPolicyWords,
  type PolicyReferences,
} from '../lifecycle/validation-policies.ts';
import { listWords } from '../lifecycle/validation-words.ts';
import { looksLikeUrl } from '../retrieval/url.ts';
import { policySettings } from '../settings/policy-settings.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { ValidationKind } from '../store/validation-contract.ts';
import { compare, type Change, type ConfigContext, type Entry } from './entry.ts';
import { checkLabels, knownLabels } from './judging-labels.ts';
import { formatDuration, stored } from './leaves.ts';
import { absolute, faultOf } from './places.ts';
import type { ConfigFile } from './schema.ts';
import { wantedSecret } from './stored-secret.ts';
import { settingsOf, type CaCrlWords, type TabledWords } from './words-validation.ts';

/** The OCSP objects as the file would have them. */
export async function storedOcsp(store: Store): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for (const { name, words } of await listWords(store, 'ocsp')) {
    const secrets = await store.validationObjects.secrets('ocsp', name);
    const kept = secrets.has(tunnelPassword) ? { [tunnelPassword]: stored } : {};
    entries.push({ path: [name], words: { ...words, ...kept } });
  }
  return entries;
}

/** The CRLs that are set up, as the file would have them. */
export async function storedCaCrls(store: Store): Promise<readonly Entry[]> {
  return (await listWords(store, 'crl')).map(({ name, words }) => ({
    path: [name],
    words: crlText(words),
  }));
}

/** The policies as the file would have them. */
export async function storedPolicies(store: Store): Promise<readonly Entry[]> {
  return (await listWords(store, 'policy')).map(({ name, words }) => ({ path: [name], words }));
}

/** Compare the OCSP objects with those of the file. */
export async function compareOcsp(
  context: ConfigContext,
  file: Readonly<Record<string, TabledWords>>,
  whole: ConfigFile,
): Promise<readonly Change[]> {
  const { store } = context;
  const known = await knownLabels(context, whole);
  const wanted = [];
  for (const [name, said] of Object.entries(file)) {
    const path = ['ocsp', name];
    const words = settingsOf(ocspTable, said);
    const present = (await store.validationObjects.secrets('ocsp', name)).get(tunnelPassword);
    const source = said[tunnelPassword];
    const secret = await wantedSecret(
      context,
      [...path, tunnelPassword],
      typeof source === 'string' ? source : undefined,
      { isStored: present !== undefined, open: async () => present },
    );
    const password = secret.octets === undefined ? present : (secret.octets ?? undefined);
    await faultOf(context, path, () => checkedOcspObject({ name, words }, password !== undefined));
    checkLabels(context, known, path, words);
    wanted.push({
      path: [name],
      words: { ...words, [tunnelPassword]: secret.word },
      put: (carry: LifecycleContext) => putOcspObject(carry, { name, words }, password),
    });
  }
  return compare({
    section: 'ocsp',
    before: await storedOcsp(store),
    wanted,
    // What the file says of policies and the responder is checked with it; those that it leaves as they are, here.
    checkRemoval: async ([name = '']) =>
      checkUnneeded(
        context,
        ['ocsp', name],
        await needOfOcspObject(store, name, {
          ...(whole['crypto-policy'] && { policies: [] }),
          ...(whole['ipsec-peer'] && { peers: [] }),
          ...(whole.certificates && { staples: staplesIn(whole.certificates) }),
          ...(whole['staple-responder'] && { responder: { forCa: [] } }),
        }),
      ),
    remove: ([name = ''], carry) => ifThere(carry, 'ocsp', name, removeOcspObject),
  });
}

/** Compare the CRLs that are set up with those of the file. */
export async function compareCaCrls(
  context: ConfigContext,
  file: Readonly<Record<string, CaCrlWords>>,
  whole: ConfigFile,
): Promise<readonly Change[]> {
  const { store } = context;
  const wanted = [];
  for (const [name, { format = 'der', url: place, refresh }] of Object.entries(file)) {
    const url = looksLikeUrl(place) ? place : absolute(place, context);
    const words = { format, url, ...(refresh !== undefined && { refresh }) };
    await faultOf(context, ['ca-crl', name], () => {
      configuredCrl({ name, words });
      assertListable(name);
    });
    wanted.push({
      path: [name],
      words: crlText(words),
      put: (carry: LifecycleContext) => putConfiguredCrl(carry, { name, words }),
    });
  }
  return compare({
    section: 'ca-crl',
    before: await storedCaCrls(store),
    wanted,
    checkRemoval: async ([name = '']) => {
      const left = whole['crypto-policy'] === undefined ? await listWords(store, 'policy') : [];
      const peers = whole['ipsec-peer'] ? [] : await store.ipsecPeers.list();
      const need = needOfCrl(left, name) ?? needOfPeers(peers, 'crl', name);
      checkUnneeded(context, ['ca-crl', name], need);
    },
    remove: ([name = ''], carry) => ifThere(carry, 'crl', name, removeConfiguredCrl),
  });
}

/** Compare the policies with those of the file; what they refer to may be in the file as well. */
export async function comparePolicies(
  context: ConfigContext,
  file: Readonly<Record<string, TabledWords>>,
  whole: ConfigFile,
): Promise<readonly Change[]> {
  const { store } = context;
  const known = await knownLabels(context, whole);
  const wanted = [];
  for (const [name, said] of Object.entries(file)) {
    const words = storedPolicyWords(settingsOf(policySettings, said));
    checkLabels(context, known, ['crypto-policy', name], words);
    const path = ['crypto-policy', name];
    // What it names has been looked for, each at its place.
    await faultOf(context, path, () => checkPolicy({ name, words }, namedIn(words)));
    await faultOf(context, ['crypto-policy', name, 'cert-name'], () =>
      assertOwnNames(store, words),
    );
    wanted.push({
      path: [name],
      words,
      put: (carry: LifecycleContext) => putPolicy(carry, { name, words }),
    });
  }
  return compare({
    section: 'crypto-policy',
    before: await storedPolicies(store),
    wanted,
    checkRemoval: async ([name = '']) => {
      const peers = whole['ipsec-peer'] ? [] : await store.ipsecPeers.list();
      checkUnneeded(context, ['crypto-policy', name], needOfPeers(peers, 'policy', name));
    },
    remove: ([name = ''], carry) => ifThere(carry, 'policy', name, removePolicy),
  });
}

function staplesIn(
  certificates: NonNullable<ConfigFile['certificates']>,
): readonly (readonly [string, string])[] {
  return Object.entries(certificates).flatMap(([name, { 'staple-ocsp': object }]) =>
    object === undefined ? [] : [[name, object] as const],
  );
}

function namedIn(words: SettingWords): PolicyReferences {
  const validator = validatorOf(words);
  const ocspObjects = validator === undefined ? [] : [validator];
  return { ocspObjects, crls: readerOf(words).texts('ca-crl') };
}

function checkUnneeded(
  { faults }: ConfigContext,
  [section = '', name = '']: readonly string[],
  need: Need | undefined,
): void {
  if (need) faults.add([section], `${need.who} needs "${name}", which is not in it`, need.hint);
}

/** What somebody has taken away meanwhile need not be taken away. */
async function ifThere(
  carry: LifecycleContext,
  kind: ValidationKind,
  name: string,
  remove: (carry: LifecycleContext, name: string) => Promise<void>,
): Promise<void> {
  if ((await carry.store.validationObjects.get(kind, name)) !== undefined)
    await remove(carry, name);
}

function crlText(words: SettingWords): SettingWords {
  const { refresh } = words;
  return { ...words, ...(typeof refresh === 'number' && { refresh: formatDuration(refresh) }) };
}
