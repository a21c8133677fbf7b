/** What came of one place when its check was taken out. */
export interface Finding {
  readonly row: string;
  readonly file: string;
  readonly line: number;
  /** The mutation that a test noticed, or the last one that none did. */
  readonly what: string;
  /** The test that failed; absent when none did. */
  readonly test?: string;
  /** What was tried before, and noticed by no test of the row. */
  readonly survived: readonly string[];
}

/** Write docs/conformance-mutations.md. @param why reasons for rows that are not shown */
export function mutationsPage(
  ids: readonly string[],
  findings: readonly Finding[],
  why: Readonly<Record<string, string>>,
  at: Date,
): { readonly text: string; readonly lastLine: string; readonly isComplete: boolean } {
  const shown = ids.filter((id) => findings.some(({ row, test }) => row === id && test));
  const others = ids.filter((id) => !shown.includes(id));
  const places = findings.filter(({ test }) => test).length;
  const lastLine = `${shown.length} of ${ids.length} rows shown by mutation, ${others.length} not`;
  const isComplete = findings.every(({ test }) => test) && others.length === 0;
  const text = [
    '# Conformance, shown by mutation',
    '',
    '<!-- Written by `npm run conformance:mutate`. -->',
    '',
    'Each check of the program that a comment such as `// R3: …` marks is taken out of a copy of the source, one at a time, and',
    'the tests of its row run there: at least one of them has to fail. What is taken out is derived from the marked statement',
    '(`test/conformance/mutators.ts`), or written in `test/conformance/mutations.ts` where no mutator can express it. A failure',
    'counts only for a test that passes on the program as it is and fails twice without the check; a file that does not load',
    'counts for nothing.',
    '',
    `On ${at.toISOString().slice(0, 10)}: ${lastLine}; ${places} of ${findings.length} places.`,
    '',
    ...(others.length > 0
      ? ['Not shown:', '', ...others.map((id) => `- ${id}: ${why[id] ?? 'not known why'}`), '']
      : []),
    '| # | Place | Taken out | Test that fails then |',
    '|---|---|---|---|',
    ...ids.flatMap((id) =>
      findings
        .filter(({ row }) => row === id)
        .toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line)
        .map(line),
    ),
    '',
  ].join('\n');
  return { text, lastLine, isComplete };
}

function line({ row, file, line: number, what, test, survived }: Finding): string {
  const others = test !== undefined && survived.length > 0;
  const tried = others
    ? `; ${survived.length} other ${survived.length === 1 ? 'way' : 'ways'} went unnoticed`
    : '';
  const noticed = test === undefined ? '**none**' : cell(test);
  return `| ${row} | \`${file}:${number}\` | ${cell(what)}${tried} | ${noticed} |`;
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|<>[\]`]/g, (character) => `\\${character}`);
}
