import { ocspTable, tunnelPassword } from '../lifecycle/ocsp-objects.ts';
import { policySettings } from '../settings/policy-settings.ts';
import { isMany, valuesText, type Setting, type SettingWords } from '../settings/setting.ts';
import type { Word, WordsOf, WordTable } from './words.ts';

/** An OCSP object, in the words of `ocsp verify-object`: as in the table of its settings. */
export const ocspWords: WordTable = {
  ...wordsFrom(ocspTable),
  [tunnelPassword]: {
    type: 'secret',
    kept: true,
    summary: 'Where the password of the proxy is; left out, the one stored is kept',
  },
};

/** A CRL, in the words of `ca-crl name`. */
export const caCrlWords = {
  format: { type: 'choice', choices: ['der', 'pem'], summary: 'How it is written; der' },
  url: { type: 'text', required: true, summary: 'Where it is fetched from' },
  refresh: {
    type: 'duration',
    min: 60,
    summary: 'Fetch it again after this long at the latest; by its nextUpdate',
  },
} as const;

/** A CRL as the file has it. */
export type CaCrlWords = WordsOf<typeof caCrlWords>;

/** How the agent answers OCSP requests of servers, in the words of `staple responder listen`. */
export const responderWords = {
  listen: { type: 'text', summary: 'Where it answers, ADDRESS:PORT; left out, nowhere' },
  open: {
    type: 'switch',
    summary: 'It may listen on another address than those of the loopback; off',
  },
  'for-ca': {
    type: 'text',
    many: true,
    summary: 'CAs whose certificates are asked about for others, beside our own',
  },
  'ocsp-object': { type: 'text', summary: 'OCSP object by which that is done' },
  nonces: {
    type: 'choice',
    choices: ['keep', 'pass'],
    summary: 'Answer requests that have a nonce without one, or pass those of for-ca on; keep',
  },
} as const;

/** How the agent answers OCSP requests, as the file has it. */
export type ResponderWords = WordsOf<typeof responderWords>;

/** A policy by which peers are judged, in the words of `crypto map`: as in the table of its settings. */
export const policyWords: WordTable = wordsFrom(policySettings);

/** An OCSP object, or a policy, as the file has it. */
export type TabledWords = WordsOf<WordTable>;

function wordsFrom(table: readonly Setting[]): WordTable {
  return Object.fromEntries(table.map((setting) => [setting.word, wordOf(setting)]));
}

function wordOf(setting: Setting): Word {
  const { values, sentence, default: usual } = setting;
  const summary = usual === undefined ? sentence : `${sentence}; ${usual}`;
  const base = { summary, ...(isMany(setting) && { many: true as const }) };
  switch (values.type) {
    case 'boolean':
      return { ...base, type: 'switch' };
    case 'number':
      // A number, or a word in its place: what it may be is checked with the table.
      return values.word === undefined
        ? { ...base, type: 'integer', min: values.min, max: values.max }
        : { ...base, type: 'text', summary: `${summary} (${valuesText(setting)})` };
    case 'choice':
      return { ...base, type: 'choice', choices: values.of };
    case 'text':
    case 'labels':
      return { ...base, type: 'text' };
  }
}

/** Make of the words of the file those that are stored: secrets are apart, and a number is one. */
export function settingsOf(table: readonly Setting[], words: TabledWords): SettingWords {
  const settings: Record<string, SettingWords[string]> = {};
  for (const { word, values } of table) {
    const value = words[word];
    if (value === undefined) continue;
    const isNumber = values.type === 'number' && typeof value === 'string';
    settings[word] = isNumber && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  }
  return settings;
}
