import { CertError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Command } from '../command.ts';
import { commandWords, valuesOf, type LiveValues } from '../completion.ts';
import {
  advance,
  nextKeywords,
  nextPositional,
  restOf,
  startOf,
  type Named,
  type Position,
} from '../completion-walk.ts';
import { notes, rows } from '../help.ts';
import { placeholder } from '../placeholder.ts';
import type { Word } from './words.ts';

/**
 * Write what may come next, each with its sentence: the answer to `?`.
 *
 * @param words what stands before the word that is asked about
 * @param typed how that word begins; empty for all there is
 * @param columns width of the terminal
 */
export async function explain(
  words: readonly Word[],
  typed: string,
  commands: readonly Command[],
  live: LiveValues,
  columns: number,
): Promise<string> {
  let at: Position = startOf(commands);
  let isAfterSecret = false;
  for (const word of words) {
    const step = advance(at, word, true);
    // It may be the rest of a secret, typed without quotes.
    if (step.isUnknown) throw notHere(isAfterSecret ? { text: '…' } : word, at);
    isAfterSecret = step.valueOf?.parameter.type === 'secret';
    at = step.position;
  }
  if (at.awaited !== undefined) return rows([await valueRow(at.awaited, typed, live)], columns);
  const all: (readonly [string, string])[] = commandWords(at).map(({ text, summary }) => [
    text,
    summary,
  ]);
  const positional = at.isHelp ? undefined : nextPositional(at);
  for (const named of nextKeywords(at)) {
    const { word, parameter } = named;
    if (word === positional?.word) continue;
    const value = parameter.type === 'flag' ? '' : ` ${placeholder(parameter)}`;
    all.push([restOf(named, at).join(' ') + value, parameter.summary + notes(parameter)]);
  }
  const begun = all.filter(([left]) => left.startsWith(typed));
  const bare = at.list ?? positional;
  if (bare !== undefined) begun.unshift(await valueRow(bare, typed, live));
  if (typed === '' && canRun(at)) begun.push(['<Enter>', 'Run the command as it stands']);
  if (begun.length === 0) throw notHere({ text: typed }, at);
  return rows(begun, columns);
}

async function valueRow(
  named: Named,
  typed: string,
  live: LiveValues,
): Promise<readonly [string, string]> {
  const { parameter } = named;
  const isListed = parameter.type === 'label';
  const names = isListed ? await valuesOf(named, typed, live) : [];
  const here = names.length === 0 ? '' : `; here: ${names.map(({ text }) => text).join(', ')}`;
  return [placeholder(parameter), parameter.summary + notes(parameter) + here];
}

/** Tell whether nothing is missing that the command asks for. */
function canRun({ command, given, isHelp }: Position): boolean {
  if (command === undefined || isHelp) return false;
  const isThere = Object.entries(command.parameters).every(
    ([word, parameter]) => parameter.required !== true || given.has(word),
  );
  return (
    isThere &&
    command.constraints.every(
      (rule) => !('atLeastOne' in rule) || rule.atLeastOne.some((word) => given.has(word)),
    )
  );
}

function notHere({ text }: Pick<Word, 'text'>, { path }: Position): CertError {
  // What follows "=" may be a secret.
  const shown = printable(text.replace(/=.+$/s, '=…'));
  const after = path.length === 0 ? 'at the beginning' : `after "${path.join(' ')}"`;
  return new CertError('USAGE_INVALID', `Cannot explain "${shown}": it has no place ${after}`, {
    hint: 'Type ? in its place',
  });
}
