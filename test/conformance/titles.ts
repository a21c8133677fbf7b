import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { nodeIn, nodesIn, parse, walk, type SyntaxNode } from './syntax.ts';

/** A test that says which rows it tries. */
export interface NamedTest {
  /** As it stands in the source, placeholders included, without the rows. */
  readonly title: string;
  readonly rows: readonly string[];
  /** Path from the root of the repository. */
  readonly file: string;
  /** The files to run for it: the file itself, or those that call what defines it. */
  readonly runs: readonly string[];
}

const ROWS_AT_END = new RegExp(String.raw`\s*((?:\[[A-Z]\d+\])+)$`);

/** A cell of a table that holds nothing but rows: its test has `$rows` in its title. */
const ROWS_ONLY = /^(?:\[[A-Z]\d+\])+$/;

/** Find every test below `test/` that names rows, by reading the sources. */
export function readNamedTests(root: string): readonly NamedTest[] {
  const sources = new Map(
    globSync('test/**/*.ts', { cwd: root })
      .filter((file) => !file.startsWith('test/conformance/') && !file.startsWith('test/docs/'))
      .toSorted()
      .map((file) => [file, readFileSync(join(root, file), 'utf8')] as const),
  );
  return [...sources].flatMap(([file, source]) =>
    /\[[A-Z]\d+\]/.test(source) ? testsIn(file, source, sources) : [],
  );
}

function testsIn(
  file: string,
  source: string,
  sources: ReadonlyMap<string, string>,
): readonly NamedTest[] {
  const found: NamedTest[] = [];
  const tried: { readonly rows: readonly string[]; readonly names: readonly string[] }[] = [];
  walk(parse(source), (node, parents) => {
    const title = titleOf(node);
    const rows = title === undefined ? undefined : ROWS_AT_END.exec(title)?.[1];
    if (title !== undefined && rows !== undefined) {
      const plain = title.replace(ROWS_AT_END, '').replace(/\s*\$rows$/, '');
      found.push({ title: plain, rows: split(rows), file, runs: runnersOf(file, sources) });
    }
    const cell = textOf(node);
    if (cell !== undefined && ROWS_ONLY.test(cell)) {
      tried.push({ rows: split(cell), names: namesBeside(parents) });
    }
  });
  const users = tried.length === 0 ? [] : usersOf(file, sources);
  const ofTables = users.flatMap((user) =>
    tableTitles(sources.get(user) ?? '').flatMap((title) =>
      tried.flatMap(({ rows, names }) =>
        names.map((name) => ({
          title: title.replace(/\$\w+/, name),
          rows,
          file: user,
          runs: [user],
        })),
      ),
    ),
  );
  return [...found, ...ofTables];
}

/** What the cell of a table is about: the first of its array, the keys of the call, or what its object says first. */
function namesBeside([around, further]: readonly SyntaxNode[]): readonly string[] {
  if (around?.type === 'ArrayExpression') return texts(nodesIn(around, 'elements').slice(0, 1));
  if (around?.type === 'CallExpression') {
    return nodesIn(around, 'arguments')
      .flatMap((argument) => nodesIn(argument, 'properties'))
      .flatMap((property) => {
        const key = nodeIn(property, 'key');
        return key ? [textOf(key) ?? String(key['name'])] : [];
      });
  }
  const [first] = further ? nodesIn(further, 'properties') : [];
  const value = first && nodeIn(first, 'value');
  return value ? texts([value]) : [];
}

function texts(nodes: readonly SyntaxNode[]): readonly string[] {
  return nodes.flatMap((node) => textOf(node) ?? []);
}

function textOf(node: SyntaxNode): string | undefined {
  const { value } = node;
  return node.type === 'Literal' && typeof value === 'string' ? value : undefined;
}

/** The files whose tests a table is for: its own, or else those that import it and have no table themselves. */
function usersOf(file: string, sources: ReadonlyMap<string, string>): readonly string[] {
  if (sources.get(file)?.includes('$rows')) return [file];
  return importersOf(file, sources).filter(
    (user) => !/'(?:\[[A-Z]\d+\])+'/.test(sources.get(user) ?? ''),
  );
}

/** Titles of the tests that take their rows from a table. */
function tableTitles(source: string): readonly string[] {
  const titles: string[] = [];
  if (!source.includes('$rows')) return titles;
  walk(parse(source), (node) => {
    const title = titleOf(node);
    if (title?.includes('$rows')) titles.push(title.replace(/\s*\$rows.*$/, ''));
  });
  return titles;
}

/** The first argument of a call of `it` or `test`, of `it.each(…)` and the like; undefined for anything else. */
function titleOf(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression' || !isTest(nodeIn(node, 'callee'))) return undefined;
  const [title] = nodesIn(node, 'arguments');
  const text = title && textOf(title);
  if (text !== undefined || title?.type !== 'TemplateLiteral') return text;
  return nodesIn(title, 'quasis')
    .map((quasi) => {
      const value: unknown = quasi['value'];
      return typeof value === 'object' && value !== null && 'cooked' in value ? value.cooked : '';
    })
    .join('…');
}

function isTest(callee: SyntaxNode | undefined): boolean {
  if (callee?.type === 'Identifier') return callee['name'] === 'it' || callee['name'] === 'test';
  if (callee?.type === 'MemberExpression') return isTest(nodeIn(callee, 'object'));
  return callee?.type === 'CallExpression' && isTest(nodeIn(callee, 'callee'));
}

function split(rows: string): readonly string[] {
  return [...rows.matchAll(/\[([A-Z]\d+)\]/g)].map(([, row = '']) => row);
}

/** Contracts are called by the tests of their implementations. */
function runnersOf(file: string, sources: ReadonlyMap<string, string>): readonly string[] {
  if (file.endsWith('.test.ts')) return [file];
  const reached = new Set([file]);
  // A set grows while it is walked, and ends although files import each other.
  for (const each of reached) {
    if (each.endsWith('.test.ts')) continue;
    for (const user of importersOf(each, sources)) reached.add(user);
  }
  return [...reached].filter((each) => each.endsWith('.test.ts'));
}

function importersOf(file: string, sources: ReadonlyMap<string, string>): readonly string[] {
  return [...sources].flatMap(([user, source]) => {
    const imported = [...source.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) =>
      relative('.', normalize(join(dirname(user), path))),
    );
    return imported.includes(file) ? [user] : [];
  });
}
