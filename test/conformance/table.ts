import type { Row } from './rows.ts';
import type { NamedTest } from './titles.ts';

/** Write docs/conformance.md: each row with the tests that name it. */
export function conformancePage(rows: readonly Row[], tests: readonly NamedTest[]): string {
  const sections = [...new Set(rows.map(({ section }) => section))];
  const covered = rows.filter(({ id }) => tests.some((test) => test.rows.includes(id)));
  return [
    '# Conformance',
    '',
    '<!-- Written by `npm run conformance` from conformance-rows.md and the names of the tests. -->',
    '',
    'What a CMP client must send, must check and must survive, and the tests that try it: those whose names end in the row in',
    'brackets, such as `[R3]`. [conformance-rows.md](conformance-rows.md) says what level and basis mean, and',
    '[conformance-mutations.md](conformance-mutations.md) what happens to the tests when a check is taken out of the program',
    '(`npm run conformance:mutate`).',
    '',
    `${covered.length} of ${rows.length} rows have tests.`,
    '',
    ...sections.flatMap((section) => [
      `## ${section}`,
      '',
      '| # | Level | Statement | Basis | Tests |',
      '|---|---|---|---|---|',
      ...rows.filter((row) => row.section === section).map((row) => line(row, tests)),
      '',
    ]),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

function line({ id, level, statement, basis }: Row, tests: readonly NamedTest[]): string {
  const own = tests.filter((test) => test.rows.includes(id));
  const files = [...new Set(own.map(({ file }) => file))].toSorted();
  const cell = files.map((file) => {
    const titles = own.filter((test) => test.file === file).map(({ title }) => escaped(title));
    return `\`${file}\`: ${[...new Set(titles)].join('; ')}`;
  });
  return `| ${id} | ${level} | ${statement} | ${basis} | ${cell.join('<br>') || '**none**'} |`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\|<>*_[\]`]/g, (character) => `\\${character}`);
}
