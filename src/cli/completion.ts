import { completeFile } from './completion-files.ts';
import {
  nextCommandWords,
  nextKeywords,
  nextPositional,
  restOf,
  type Named,
  type Position,
} from './completion-walk.ts';
import { globalParameters } from './grammar.ts';
import { optionOf, type NameKind } from './parameter.ts';

/** What a word may become. */
export interface Candidate {
  readonly text: string;
  /** One sentence; empty for a value. */
  readonly summary: string;
}

/** Where values come from that no table holds. */
export interface LiveValues {
  names(kind: NameKind): Promise<readonly string[]>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Find what may stand at a place of a line, where the word typed so far begins it. */
export async function candidatesFor(
  at: Position,
  typed: string,
  live: LiveValues,
): Promise<readonly Candidate[]> {
  if (at.awaited !== undefined) return await valuesOf(at.awaited, typed, live);
  const option = /^--([^=]+)=(.*)$/s.exec(typed);
  if (option !== null) return await assigned(at, option[1] ?? '', option[2] ?? '', live);
  const words = at.isValuesOnly ? [] : [...commandWords(at), ...keywords(at)];
  if (typed.startsWith('-')) return begin(optionWords(at), typed);
  const bare = at.list ?? (at.isHelp ? undefined : nextPositional(at));
  const values = bare === undefined ? [] : await valuesOf(bare, typed, live);
  return [...begin(words, typed), ...values];
}

/** The words of commands that may come next, each with its sentence or with what follows it. */
export function commandWords(at: Position): readonly Candidate[] {
  return nextCommandWords(at).map((word) => {
    const depth = at.path.length;
    const below = at.below.filter((command) => command.words[depth] === word);
    const exact = below.find((command) => command.words.length === depth + 1);
    const following = new Set(below.flatMap((command) => command.words[depth + 1] ?? []));
    return { text: word, summary: exact?.summary ?? [...following].join(', ') };
  });
}

/** The keywords that may come next; one that a bare value stands for comes with that value. */
function keywords(at: Position): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const named of nextKeywords(at)) {
    if (named.parameter.positional === true) continue;
    const [text = '', ...more] = restOf(named, at);
    // Of keywords that begin alike, what follows.
    const before = found.get(text);
    const following =
      before === undefined ? more.join(' ') : `${before.summary}, ${more.join(' ')}`;
    found.set(text, { text, summary: more.length > 0 ? following : named.parameter.summary });
  }
  return [...found.values()];
}

function optionWords(at: Position): readonly Candidate[] {
  return [
    ...nextKeywords(at),
    ...Object.entries(globalParameters).map(([word, parameter]) => ({ word, parameter })),
  ].map(({ word, parameter }) => ({ text: optionOf(word), summary: parameter.summary }));
}

async function assigned(
  at: Position,
  word: string,
  typed: string,
  live: LiveValues,
): Promise<readonly Candidate[]> {
  const parameter = globalParameters[word] ?? at.command?.parameters[word];
  if (parameter === undefined) return [];
  const values = await valuesOf({ word, parameter }, typed, live);
  return values.map(({ text, summary }) => ({ text: `--${word}=${text}`, summary }));
}

/** The labels of CA profiles and those of certificates go by different keywords. */
const kinds: Readonly<Record<string, NameKind>> = {
  'ca-root': 'ca',
  ca: 'ca',
  label: 'ca',
  'cert-name': 'certificate',
  'current-cert': 'certificate',
  'current-name': 'certificate',
  'signer-cert': 'certificate',
  'tls-client-cert': 'certificate',
  as: 'certificate',
  'serve-cert': 'certificate',
  'serve-ca-root': 'ca',
  policy: 'policy',
};

/** Find the values of a parameter that begin with what was typed. */
export async function valuesOf(
  { word, parameter }: Named,
  typed: string,
  live: LiveValues,
): Promise<readonly Candidate[]> {
  switch (parameter.type) {
    case 'choice':
      return begin(plain(parameter.choices), typed);
    case 'integer':
      return begin(plain((parameter.values ?? []).map(String)), typed);
    case 'label': {
      const kind = parameter.names ?? (Object.hasOwn(kinds, word) ? kinds[word] : undefined);
      return kind === undefined ? [] : begin(plain(await live.names(kind)), typed);
    }
    case 'text': {
      const { names: kind } = parameter;
      return kind === undefined ? [] : begin(plain(await live.names(kind)), typed);
    }
    case 'file':
    case 'directory':
      return plain(completeFile(typed, parameter.type));
    case 'secret':
      return await secrets(typed, parameter.withReference === true, live);
    default:
      return [];
  }
}

const secretForms: readonly Candidate[] = [
  { text: 'file:', summary: 'Read it from a file' },
  { text: 'env:', summary: 'Take it from an environment variable' },
  { text: 'cred:', summary: 'Take it from a systemd credential' },
  { text: 'prompt', summary: 'Ask for it' },
];

async function secrets(
  typed: string,
  withReference: boolean,
  live: LiveValues,
): Promise<readonly Candidate[]> {
  const [, form = '', rest = ''] = /^(file:|env:|cred:)(.*)$/s.exec(typed) ?? [];
  const inFront = (all: readonly Candidate[], front: string): readonly Candidate[] =>
    all.map(({ text, summary }) => ({ text: front + text, summary }));
  if (form === 'file:') return inFront(plain(completeFile(rest, 'file')), form);
  if (form === 'env:') return inFront(begin(plain(Object.keys(live.env)), rest), form);
  if (form !== '') return [];
  const [, reference, secret = ''] = /^([^:]+:)(.*)$/s.exec(typed) ?? [];
  if (!withReference || reference === undefined) return begin(secretForms, typed);
  return inFront(await secrets(secret, false, live), reference);
}

function plain(texts: readonly string[]): readonly Candidate[] {
  return texts.map((text) => ({ text, summary: '' }));
}

function begin(all: readonly Candidate[], typed: string): readonly Candidate[] {
  return all.filter(({ text }) => text.startsWith(typed));
}
