import type { Command } from './command.ts';
import { globalParameters } from './grammar.ts';
import { usageWords } from './help.ts';
import { placeholder } from './placeholder.ts';
import { exitCodeMeaning } from './manual-exit-codes.ts';
import { defaultText, valueText, type Chapter } from './manual.ts';
import type { ParameterTable } from './parameter.ts';

const preface = `# Commands

This page is made from the table of commands by \`npm run docs\`; \`certkeeper COMMAND --help\` says the same, and so do
the manual pages in [man](man).

Every parameter has two spellings that mean the same: the gateway's, \`cert-name gw1\`, and that of Unix,
\`--cert-name gw1\` or \`--cert-name=gw1\`, in any order. After \`--\` there are values only. In \`certkeeper shell\` words
can be abbreviated ([shell.md](shell.md)); on a command line they cannot, so that a script means the same when
commands are added.

| value | is |
|---|---|
| duration | a number and a unit: \`90s\`, \`5m\`, \`12h\`, \`30d\` |
| name | a letter or digit, then up to 63 letters, digits, \`.\`, \`_\` or \`-\` |
| secret | \`file:PATH\`, \`env:NAME\`, \`cred:NAME\` (a systemd credential), \`prompt\`, or the secret itself, which other users can then see; with a reference value in front where it says so, \`gw1:file:psk.txt\` |
| file | a path; \`-\` is standard input where it says so |
| distinguished name | as RFC 4514 writes it: \`CN=gw1,O=Test\` |
| URL | \`http:\` or \`https:\` |
| switch | takes no value |
`;

/** Write the reference of all commands, as Markdown. */
export function referencePage(chapters: readonly Chapter[], modes: readonly Command[]): string {
  const codes = Object.entries(exitCodeMeaning).map(
    ([code, meaning]) => `| ${code} | ${meaning} |`,
  );
  return [
    preface,
    '## Anywhere on a command line\n',
    table(globalParameters, '--'),
    '## Exit codes\n',
    `The same for every command; more in [errors.md](errors.md).\n\n| exit code | meaning |\n|---|---|\n${codes.join('\n')}\n`,
    ...chapters.flatMap(({ word, commands }) => [
      `## ${word}\n`,
      ...commands.map((command) => section(command)),
    ]),
    '## Only in certkeeper shell\n',
    ...modes.map((command) => section(command, true)),
  ].join('\n');
}

function section(command: Command, isBare = false): string {
  const usages = isBare
    ? [usage(command, '', [])]
    : [...new Set([usage(command, ''), usage(command, '--')])];
  const lines = [
    `### ${command.words.join(' ')}\n`,
    `${command.summary}.\n`,
    `\`\`\`\n${usages.join('\n')}\n\`\`\`\n`,
  ];
  if (Object.keys(command.parameters).length > 0) lines.push(table(command.parameters, ''));
  if (command.example !== undefined) {
    lines.push(`Example:\n\n\`\`\`\ncertkeeper ${command.example}\n\`\`\`\n`);
  }
  return lines.join('\n');
}

/** Write a usage line, broken between its parts. */
function usage(
  command: Command,
  front: '' | '--',
  program: readonly string[] = ['certkeeper'],
): string {
  let text = '';
  let column = 0;
  for (const part of [...program, ...command.words, ...usageWords(command, front)]) {
    const isLong = column > 0 && column + part.length >= 100;
    const gap = isLong ? '\n    ' : column === 0 ? '' : ' ';
    text += gap + part;
    column = (isLong ? 4 : column + gap.length) + part.length;
  }
  return text;
}

function table(parameters: ParameterTable, front: string): string {
  const rows = Object.entries(parameters).map(([word, parameter]) => {
    const many = parameter.many === true ? '…' : '';
    const value = parameter.type === 'flag' ? '' : ` ${placeholder(parameter)}${many}`;
    const spelled = parameter.positional === true ? `[${word}]${value}` : `${front}${word}${value}`;
    const cells = [
      `\`${spelled}\``,
      valueText(parameter),
      defaultText(parameter),
      parameter.summary,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join(' | ')} |`;
  });
  return `| parameter | value | if left out | |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}
