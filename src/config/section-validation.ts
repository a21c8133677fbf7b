import {
  configuredCrl,
  dropConfiguredCrl,
  putConfiguredCrl,
} from '../lifecycle/configured-crls.ts';
import {
  checkedOcspObject,
  ocspTable,
  putOcspObject,
  tunnelPassword,
  validatorOf,
} from '../lifecycle/ocsp-objects.ts';
import { checkPolicy, putPolicy } from '../lifecycle/validation-policies.ts';
import { listWords } from '../lifecycle/validation-words.ts';
import { looksLikeUrl } from '../retrieval/url.ts';
import { policySettings } from '../settings/policy-settings.ts';
import { readerOf, type SettingWords } from '../settings/setting.ts';
import type { Store } from '../store/store.ts';
import type { ValidationKind } from '../store/validation-contract.ts';
import { compare, type Change, type ConfigContext, type Entry } from './entry.ts';
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
    wanted.push({
      path: [name],
      words: { ...words, [tunnelPassword]: secret.word },
      put: async () => void (await putOcspObject(store, { name, words }, password)),
    });
  }
  return compare({
    section: 'ocsp',
    before: await storedOcsp(store),
    wanted,
    checkRemoval: ([name = '']) =>
      checkUnused(context, whole, ['ocsp', name], (words) => validatorOf(words) === name),
    remove: async ([name = '']) => void (await store.validationObjects.remove('ocsp', name)),
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
    await faultOf(context, ['ca-crl', name], () => configuredCrl({ name, words }));
    wanted.push({
      path: [name],
      words: crlText(words),
      put: (carry: Pick<ConfigContext, 'store' | 'clock'>) =>
        putConfiguredCrl(carry, { name, words }),
    });
  }
  return compare({
    section: 'ca-crl',
    before: await storedCaCrls(store),
    wanted,
    checkRemoval: ([name = '']) =>
      checkUnused(context, whole, ['ca-crl', name], (words) =>
        readerOf(words).texts('ca-crl').includes(name),
      ),
    remove: ([name = '']) => dropConfiguredCrl(store, name),
  });
}

/** Compare the policies with those of the file; what they refer to may be in the file as well. */
export async function comparePolicies(
  context: ConfigContext,
  file: Readonly<Record<string, TabledWords>>,
  whole: ConfigFile,
): Promise<readonly Change[]> {
  const { store } = context;
  const isThere = async (
    kind: ValidationKind,
    section: object | undefined,
    name: string,
  ): Promise<boolean> =>
    section === undefined
      ? (await store.validationObjects.get(kind, name)) !== undefined
      : Object.hasOwn(section, name);
  const wanted = [];
  for (const [name, said] of Object.entries(file)) {
    const words = settingsOf(policySettings, said);
    await faultOf(context, ['crypto-policy', name], () =>
      checkPolicy(
        { name, words },
        {
          hasOcspObject: (other) => isThere('ocsp', whole.ocsp, other),
          hasCrl: (other) => isThere('crl', whole['ca-crl'], other),
        },
      ),
    );
    wanted.push({ path: [name], words, put: () => putPolicy(store, { name, words }) });
  }
  return compare({
    section: 'crypto-policy',
    before: await storedPolicies(store),
    wanted,
    remove: async ([name = '']) => void (await store.validationObjects.remove('policy', name)),
  });
}

/** Policies of the file are checked with it; those that it leaves as they are, here. */
async function checkUnused(
  { store, faults }: ConfigContext,
  whole: ConfigFile,
  path: readonly string[],
  isUsed: (words: SettingWords) => boolean,
): Promise<void> {
  if (whole['crypto-policy'] !== undefined) return;
  const user = (await listWords(store, 'policy')).find(({ words }) => isUsed(words));
  if (user)
    faults.add(path.slice(0, 1), `policy "${user.name}" needs "${path[1]}", which is not in it`);
}

function crlText(words: SettingWords): SettingWords {
  const { refresh } = words;
  return { ...words, ...(typeof refresh === 'number' && { refresh: formatDuration(refresh) }) };
}
