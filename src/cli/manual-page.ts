import type { Command } from './command.ts';
import { globalParameters } from './grammar.ts';
import { notes, usageWords } from './help.ts';
import { placeholder } from './placeholder.ts';
import { exitCodeMeaning } from './manual-exit-codes.ts';
import type { Chapter } from './manual.ts';
import type { Parameter } from './parameter.ts';

/** A page of the manual, in the man macros of roff. */
export interface ManualPage {
  /** File name, `certkeeper-cmp.1`. */
  readonly file: string;
  readonly text: string;
}

/** Write certkeeper(1): what holds for every command. */
export function overviewPage(chapters: readonly Chapter[]): ManualPage {
  const options = Object.entries(globalParameters).map(([word, parameter]) =>
    entry(`${bold(`--${word}`)}${valueOf(parameter)}`, parameter.summary),
  );
  const codes = Object.entries(exitCodeMeaning).map(([code, meaning]) =>
    entry(bold(code), meaning),
  );
  const commands = chapters.flatMap((chapter) =>
    chapter.commands.map((command) => entry(bold(command.words.join(' ')), command.summary)),
  );
  const lines = [
    header('certkeeper'),
    '.SH NAME',
    'certkeeper \\- get, renew and deliver certificates over CMPv2',
    '.SH SYNOPSIS',
    '.SY certkeeper',
    `${italic('COMMAND')} [${italic('PARAMETER VALUE')} | ${bold('--')}${italic('PARAMETER VALUE')}]...`,
    '.YS',
    '.SH DESCRIPTION',
    roff(
      'certkeeper gets X.509 certificates from a CA or RA over CMPv2 (RFC 9810, RFC 9483), renews them, puts ' +
        'them where services read them, and remembers what it asked for and what is still to come.',
    ),
    '.PP',
    roff(
      'Every parameter has two spellings that mean the same, "cert-name gw1" and "--cert-name gw1", in any ' +
        'order. A duration is a number and a unit: 90s, 12h, 30d. A secret is file:PATH, env:NAME, cred:NAME ' +
        '(a systemd credential), prompt, or the secret itself, which other users can then see. ' +
        'A name is a letter or digit and up to 63 letters, digits, ".", "_" or "-". ' +
        'Words of commands are abbreviated only in certkeeper shell, see ',
    ) + reference('shell'),
    '.SH COMMANDS',
    ...commands,
    '.SH OPTIONS',
    'These may stand anywhere on a command line.',
    ...options,
    '.SH EXIT STATUS',
    ...codes,
    '.SH ENVIRONMENT',
    entry(bold('CERTKEEPER_STATE'), 'State directory, where --state is not given'),
    entry(
      bold('CERTKEEPER_STORE_KEY'),
      'Where the store key is (file:PATH, env:NAME, cred:NAME or prompt), where --store-key is not given',
    ),
    entry(bold('NO_COLOR'), 'Print no colours'),
    '.SH FILES',
    entry(
      italic('/var/lib/certkeeper'),
      'State directory of root; that of others is $XDG_STATE_HOME/certkeeper, or ~/.local/state/certkeeper',
    ),
    entry(italic('store.db'), 'In the state directory: everything that is remembered'),
    '.SH SEE ALSO',
    chapters.map(({ word }) => reference(word)).join(',\n'),
  ];
  return { file: 'certkeeper.1', text: `${lines.join('\n')}\n` };
}

/**
 * Write the page of the commands that begin with one word.
 *
 * @param more commands that there are only there, as the modes of the shell
 */
export function chapterPage(
  { word, commands }: Chapter,
  more: readonly Command[] = [],
): ManualPage {
  const [only, ...others] = commands;
  const name =
    only !== undefined && others.length === 0
      ? only.summary
      : `the commands that begin with "${word}"`;
  const lines = [
    header(`certkeeper-${word}`),
    '.SH NAME',
    `certkeeper\\-${roff(word)} \\- ${roff(name.charAt(0).toLowerCase() + name.slice(1))}`,
    '.SH SYNOPSIS',
    ...commands.flatMap((command) => [
      `.SY "${roff(['certkeeper', ...command.words].join(' '))}"`,
      ...usageWords(command).map(unbroken),
      '.YS',
    ]),
    '.SH COMMANDS',
    ...commands.flatMap((command) => describe(command, 'certkeeper ')),
    ...(more.length === 0 ? [] : ['.SH ONLY IN THE SHELL']),
    ...more.flatMap((command) => describe(command, '')),
    '.SH EXIT STATUS',
    `As ${reference()} says.`,
    '.SH SEE ALSO',
    reference(),
  ];
  return { file: `certkeeper-${word}.1`, text: `${lines.join('\n')}\n` };
}

/** Keep a keyword and its value on one line; an ellipsis at the end is no end of a sentence. */
function unbroken(part: string): string {
  return `${roff(part).replaceAll(/(?<!\|) (?!\|)/g, '\\ ')}\\&`;
}

function describe(command: Command, program: string): readonly string[] {
  const parameters = Object.entries(command.parameters);
  return [
    `.SS "${roff(program + command.words.join(' '))}"`,
    `${roff(command.summary)}.`,
    ...parameters.map(([word, parameter]) =>
      entry(
        parameter.positional === true
          ? `[${bold(word)}] ${italic(placeholder(parameter))}`
          : bold(word) + valueOf(parameter),
        parameter.summary + notes(parameter),
      ),
    ),
    ...(command.example === undefined
      ? []
      : ['.PP', 'Example:', '.PP', '.EX', roff(`certkeeper ${command.example}`), '.EE']),
  ];
}

function valueOf(parameter: Parameter): string {
  if (parameter.type === 'flag') return '';
  return ` ${italic(placeholder(parameter))}${parameter.many === true ? '...' : ''}`;
}

function header(name: string): string {
  const title = roff(name.toUpperCase());
  return `.\\" Made from the table of commands by "npm run docs".\n.TH ${title} 1 "" certkeeper "User Commands"`;
}

function entry(term: string, text: string): string {
  return `.TP\n${term}\n${roff(text)}.`;
}

function reference(word?: string): string {
  return `${bold(word === undefined ? 'certkeeper' : `certkeeper-${word}`)}(1)`;
}

function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** What roff would take for something else, or draw as something else. */
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '"': '\\(dq',
  '~': '\\(ti',
  '^': '\\(ha',
  '…': '...',
};

/** Write text so that roff prints it as it is, in ASCII. */
function roff(text: string): string {
  const safe = text.replace(/[\\'`"~^…-]|[^\n -~]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return escapes[character] ?? `\\[u${code}]`;
  });
  return safe.startsWith('.') ? `\\&${safe}` : safe;
}
