import type { Command } from './command.ts';
import { commandGroups, globalParameters } from './grammar.ts';
import { type Parameter } from './parameter.ts';
import { placeholder, spelled } from './placeholder.ts';
import { formatDuration } from './render.ts';
import { wrapText, wrapWords } from './wrap.ts';

/** Blanks before the further lines of a usage. */
const USAGE_INDENT = 4;

/**
 * Explain a command, the group of commands that begin with these words, or everything.
 *
 * @param columns width of the terminal
 */
export function helpText(
  words: readonly string[],
  commands: readonly Command[],
  columns: number,
): string {
  if (words.length === 0) return overview(commands, columns);
  const below = commands.filter((command) => words.every((word, i) => command.words[i] === word));
  const command = below.find((candidate) => candidate.words.length === words.length);
  const others = below.filter((candidate) => candidate !== command);
  return (
    (command === undefined ? '' : commandHelp(command, columns)) +
    (others.length === 0
      ? ''
      : `${command === undefined ? '' : '\n'}${list(words, others, columns)}`) +
    (command === undefined ? `\nMore: certkeeper ${words.join(' ')} … --help\n` : '')
  );
}

/**
 * Write how a command is called, in one line, as the gateway's manual does.
 *
 * @param front `--` for the flag form
 */
export function usageLine(command: Command, front: '' | '--' = ''): string {
  return ['certkeeper', ...command.words, ...usageWords(command, front)].join(' ');
}

/** Write what follows the words of a command in its usage line: a part a parameter, or a choice of them. */
export function usageWords(command: Command, front: '' | '--' = ''): readonly string[] {
  const groups = command.constraints.map((constraint) =>
    'atLeastOne' in constraint
      ? { words: constraint.atLeastOne, isRequired: true }
      : { words: constraint.atMostOne, isRequired: false },
  );
  const shown = new Set<string>();
  const parts: string[] = [];
  for (const [word, parameter] of Object.entries(command.parameters)) {
    if (shown.has(word) || parameter.of !== undefined) continue;
    const members = Object.entries(command.parameters).filter(([, each]) => each.of === word);
    if (members.length > 0) {
      const all = members.map(([member, each]) => `[${spelled(member, each, front)}]`);
      const { many: _, ...once } = parameter;
      parts.push(`[${spelled(word, once, front)}`, ...all.slice(0, -1), `${all.at(-1)}]…`);
      continue;
    }
    const group = groups.find(({ words, isRequired }) => isRequired && words.includes(word)) ??
      groups.find(({ words }) => words.includes(word)) ?? {
        words: [word],
        isRequired: parameter.required === true,
      };
    const words = group.words.filter((other) => !shown.has(other));
    const text = words.map((other) => spelled(other, command.parameters[other], front)).join(' | ');
    for (const other of words) shown.add(other);
    if (!group.isRequired) parts.push(`[${text}]`);
    else parts.push(words.length > 1 ? `(${text})` : text);
  }
  return parts;
}

function overview(commands: readonly Command[], columns: number): string {
  const what = 'certkeeper gets, renews and delivers certificates over CMPv2 (RFC 9810, RFC 9483)';
  let text =
    `${wrapText(what, { columns, indent: 0 })}\n\n` +
    'Usage: certkeeper COMMAND [PARAMETER VALUE | --PARAMETER VALUE]…\n';
  const grouped = new Set(commandGroups.flatMap(({ words }) => words));
  const others = commands.map(subject);
  const rest = { title: 'More', words: others.filter((word) => !grouped.has(word)) };
  for (const { title, words } of [...commandGroups, rest]) {
    const members = commands.filter((command) => words.includes(subject(command)));
    if (members.length === 0) continue;
    text += `\n${title}\n${rows(
      members.map((command) => [command.words.join(' '), command.summary]),
      columns,
    )}`;
  }
  text += `\nAnywhere\n${rows(
    Object.entries(globalParameters).map(([word, parameter]) => [
      parameter.type === 'flag' ? `--${word}` : `--${word} ${placeholder(parameter)}`,
      parameter.summary,
    ]),
    columns,
  )}`;
  const last =
    'A duration is a number and a unit: 90s, 12h, 30d. A secret is file:PATH, env:NAME, cred:NAME, ' +
    'prompt, or the secret itself. More on one command: certkeeper COMMAND --help';
  return `${text}\n${wrapText(last, { columns, indent: 0 })}\n`;
}

/** What a command is about: the first of its words that says so. */
function subject({ words }: Command): string {
  return words.find((word) => word !== 'no') ?? '';
}

function list(words: readonly string[], commands: readonly Command[], columns: number): string {
  return `certkeeper ${words.join(' ')} …\n\n${rows(
    commands.map((command) => [command.words.join(' '), command.summary]),
    columns,
  )}`;
}

function commandHelp(command: Command, columns: number): string {
  const summary = wrapText(command.summary, { columns, indent: 0 });
  // A choice that is longer than a line is broken between its members.
  const parts = usageWords(command).flatMap((part) =>
    part.length > columns - USAGE_INDENT ? part.split(/(?<=\|) /) : [part],
  );
  const words = ['Usage:', 'certkeeper', ...command.words, ...parts];
  let text = `${summary}\n\n${wrapWords(words, { columns, indent: USAGE_INDENT, start: 0 })}\n`;
  const parameters = Object.entries(command.parameters);
  if (parameters.length > 0) {
    const lines = parameters.map(([word, parameter]): [string, string] => [
      spelled(word, parameter),
      parameter.summary + notes(parameter),
    ]);
    text += `\nParameters, in any order, as WORD VALUE or --WORD VALUE\n${rows(lines, columns)}`;
  }
  if (command.example !== undefined) {
    // In one line, to be copied.
    text += `\nExample\n  certkeeper ${command.example}\n`;
  }
  return text;
}

/** Write two columns; a left one that is too long gets a line of its own. */
export function rows(entries: readonly (readonly [string, string])[], columns: number): string {
  const width = Math.min(34, Math.max(...entries.map(([left]) => left.length)));
  return entries
    .map(([left, text]) => {
      const right = wrapText(text, { columns, indent: width + 4 });
      return left.length > width
        ? `  ${left}\n  ${' '.repeat(width)}  ${right}\n`
        : `  ${left.padEnd(width)}  ${right}\n`;
    })
    .join('');
}

/** Write what a sentence leaves out: unit, values and default, in parentheses after the sentence. */
export function notes(parameter: Parameter): string {
  const said: string[] = [];
  if (parameter.required === true) said.push('required');
  if (parameter.type === 'integer') {
    const { values, min, max, unit } = parameter;
    said.push((values?.join(', ') ?? `${min} to ${max}`) + (unit === undefined ? '' : ` ${unit}`));
  }
  if (parameter.type === 'choice' && parameter.choices.length > 1) {
    said.push(parameter.choices.join(', '));
  }
  if (parameter.type === 'duration') said.push('duration');
  if ('default' in parameter && parameter.default !== undefined) {
    const text =
      parameter.type === 'duration' ? formatDuration(parameter.default) : `${parameter.default}`;
    said.push(`default ${text}`);
  }
  if (parameter.usual !== undefined) said.push(parameter.usual);
  return said.length === 0 ? '' : ` (${said.join('; ')})`;
}
