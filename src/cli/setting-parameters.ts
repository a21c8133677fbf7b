import { isMany, valuesText, type Setting, type SettingWords } from '../settings/setting.ts';
import { camelCase, type NameKind, type Parameter, type ParameterTable } from './parameter.ts';

/** Make the parameters of a command from a table of settings; what other products call them is understood, too. */
export function parametersOf(table: readonly Setting[]): ParameterTable {
  return Object.fromEntries(
    table.flatMap((setting) => {
      const { aliases = [], word } = setting;
      const same = { ...parameterOf(setting), summary: `The same as ${word}` };
      return [
        [typedWord(setting), parameterOf(setting)] as const,
        ...aliases.map((alias) => [alias, same] as const),
      ];
    }),
  );
}

/** The words an operator types for a setting. */
export function typedWord({ word, typed = word }: Setting): string {
  return typed;
}

/** What is named by settings. */
const kinds: ReadonlyMap<string, NameKind> = new Map([
  ['ca', 'trusted'],
  ['ca-chain', 'trusted'],
  ['trust-ocsp-signing', 'trusted'],
  ['signing-certs', 'signer'],
  ['signer-cert', 'certificate'],
  ['ca-crl', 'crl'],
  ['ocsp-cert-validator', 'ocsp'],
]);

function parameterOf(setting: Setting): Parameter {
  const { word: named, values, unit, sentence: summary, default: usual } = setting;
  const names = kinds.get(named);
  const base = {
    summary,
    ...(usual !== undefined && { usual: `default ${usual}` }),
    ...(isMany(setting) && { many: true as const }),
  };
  switch (values.type) {
    case 'boolean':
      return { ...base, type: 'choice', choices: ['on', 'off'] };
    case 'choice':
      return { ...base, type: 'choice', choices: values.of };
    case 'number': {
      const { min, max, word } = values;
      // A number, or a word in its place: what it may be is checked with the table.
      if (word !== undefined) {
        return {
          ...base,
          type: 'text',
          placeholder: 'N',
          summary: `${summary} (${valuesText(setting)})`,
        };
      }
      return { ...base, type: 'integer', min, max, ...(unit !== undefined && { unit }) };
    }
    case 'text':
      return { ...base, type: 'text', ...(names && { names }) };
    case 'labels':
      return { ...base, type: 'text', placeholder: 'L', ...(names && { names }) };
  }
}

/** Give what was typed of a table of settings, by the words of the table. */
export function settingWordsIn(
  table: readonly Setting[],
  args: Readonly<Record<string, unknown>>,
): SettingWords {
  const words: Record<string, SettingWords[string]> = {};
  for (const setting of table) {
    for (const word of [typedWord(setting), ...(setting.aliases ?? [])]) {
      const value = valueOf(setting, args[camelCase(word)]);
      if (value !== undefined) words[setting.word] = value;
    }
  }
  return words;
}

function valueOf({ values }: Setting, given: unknown): SettingWords[string] | undefined {
  if (Array.isArray(given)) {
    const all = given.map(String);
    return all.length === 0 ? undefined : values.type === 'labels' ? all.flatMap(labelsIn) : all;
  }
  if (typeof given === 'number') return given;
  if (typeof given !== 'string') return undefined;
  if (values.type === 'boolean') return given === 'on';
  return values.type === 'number' && /^-?\d{1,15}$/.test(given) ? Number(given) : given;
}

/** Gateways take names one by one, and people write them with commas: no name has one. What binds CAs to one has its own. */
function labelsIn(text: string): readonly string[] {
  return text.includes(':') ? [text] : text.split(',').filter((label) => label !== '');
}

/** Write settings for people, in the words and the order of their table. */
export function settingFields(
  table: readonly Setting[],
  words: SettingWords,
): readonly (readonly [string, string])[] {
  return table.flatMap(({ word, unit, default: usual }) => {
    const value = words[word];
    if (value === undefined) {
      return usual === undefined ? [] : [[word, `${withUnit(usual, unit)} (as usual)`] as const];
    }
    return [[word, withUnit(textOf(value), unit)] as const];
  });
}

function textOf(value: SettingWords[string]): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'object' ? value.join(', ') : String(value);
}

function withUnit(text: string, unit: string | undefined): string {
  return unit === undefined || !/^-?\d+$/.test(text) ? text : `${text} ${unit}`;
}
