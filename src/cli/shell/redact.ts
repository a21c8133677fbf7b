import { CertError } from '../../base/errors.ts';
import type { Command } from '../command.ts';
import { advance, startOf, type Named } from '../completion-walk.ts';
import { splitOption } from '../globals.ts';
import type { ParameterTable } from '../parameter.ts';
import { parseSecretSource } from '../secret.ts';
import { suggest } from '../../base/suggest.ts';
import { withoutProgram } from './expand.ts';
import { splitLine, type Word } from './words.ts';

/**
 * Make of a line what the history may keep: a secret that was typed out becomes `prompt`.
 *
 * @returns undefined for a line with a word that nothing is known of: it may be a secret, or part of one
 */
export function withoutSecrets(line: string, commands: readonly Command[]): string | undefined {
  const { words, open } = splitLine(line);
  if (open !== undefined || line.includes('\n')) return undefined;
  let kept = line;
  let at = startOf(commands);
  let isAfterSecret = false;
  const edits: { readonly word: Word; readonly text: string }[] = [];
  for (const word of withoutProgram(words)) {
    if (word.text === '?' && !word.isQuoted) continue;
    const isBare = at.awaited === undefined && !word.text.startsWith('--');
    const step = stepOf(() => advance(at, word, true));
    if (step === undefined || step.isUnknown) return undefined;
    const { valueOf } = step;
    const isSecret = valueOf?.parameter.type === 'secret';
    const table = at.command?.parameters ?? {};
    // A mistyped keyword in a list would be taken for a value of it, and the secret behind it, too.
    const isLoose = valueOf?.parameter.many === true || word.text.includes('=');
    if (isBare && isLoose && isNearly(word.text, table)) return undefined;
    // A value that was forgotten lets the keyword of a secret stand in its place.
    if (at.awaited !== undefined && word.text.startsWith('--')) return undefined;
    if (at.awaited !== undefined && !isSecret && isForSecret(word.text, table)) return undefined;
    // Mistyped, it would be taken for a value that needs no keyword.
    if (isBare && valueOf !== undefined && isForSecret(word.text, table)) return undefined;
    // A bare word after a secret may be the rest of it, typed without quotes.
    if (isAfterSecret && isBare && valueOf !== undefined && !isSecret) return undefined;
    if (hidesPassword(valueOf, word.text)) return undefined;
    const text = isSecret ? hidden(valueOf, word.text) : undefined;
    isAfterSecret = isSecret;
    if (text !== undefined) edits.push({ word, text });
    at = step.position;
  }
  for (const { word, text } of edits.toReversed()) {
    kept = kept.slice(0, word.start) + text + kept.slice(word.end);
  }
  return kept;
}

/** Tell whether a word, or what stands in it before "=", may have been meant as a keyword. */
function isNearly(text: string, table: ParameterTable): boolean {
  const [word = ''] = text.split('=', 1);
  return suggest(word, Object.keys(table)) !== undefined;
}

/** Tell whether a word may have been meant as the keyword of a secret. */
function isForSecret(text: string, table: ParameterTable): boolean {
  const secrets = Object.keys(table).filter((word) => table[word]?.type === 'secret');
  return suggest(text, secrets) !== undefined;
}

function stepOf<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof CertError) return undefined;
    throw error;
  }
}

/** Write a literal secret as `prompt`; undefined when the text only says where the secret is. */
function hidden({ word, parameter }: Named, text: string): string | undefined {
  const { value } = splitOption(text);
  const front = value === undefined ? '' : `--${word}=`;
  const withReference = parameter.type === 'secret' && parameter.withReference === true;
  const source = stepOf(() => parseSecretSource(value ?? text, word, withReference));
  if (source === undefined) return `${front}prompt`;
  if (source.kind !== 'literal') return undefined;
  const reference = source.reference === undefined ? '' : `${source.reference}:`;
  return /^[\w.:-]*$/.test(reference) ? `${front}${reference}prompt` : `${front}prompt`;
}

function hidesPassword(named: Named | undefined, text: string): boolean {
  // The PIN in a PKCS #11 URI is refused, but it has been typed; files may come by URL, too.
  const isUrl = named?.parameter.type === 'url' || text.includes('://');
  return (isUrl && text.includes('@')) || /pin-value/i.test(text);
}
