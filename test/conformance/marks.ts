import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROW_ID } from './rows.ts';
import { parse, walk, type SyntaxNode } from './syntax.ts';

/** A comment that names rows, and the statement below it that obeys them. */
export interface Mark {
  readonly rows: readonly string[];
  /** Path from the root of the repository. */
  readonly file: string;
  /** Of the statement, from 1. */
  readonly line: number;
  readonly source: string;
  /** The outermost nodes that begin where the line does. */
  readonly node: SyntaxNode;
  /** What it stands in, nearest first. */
  readonly parents: readonly SyntaxNode[];
}

const COMMENT = new RegExp(`^\\s*// (${ROW_ID}(?:, ${ROW_ID})*): \\S`);

/** Find every mark below `src/`. @throws {Error} for a comment with nothing below it that could be taken out */
export function readMarks(root: string): readonly Mark[] {
  return globSync('src/**/*.ts', { cwd: root })
    .toSorted()
    .flatMap((file) => marksIn(file, readFileSync(join(root, file), 'utf8')));
}

function marksIn(file: string, source: string): readonly Mark[] {
  const lines = source.split('\n');
  if (!lines.some((line) => COMMENT.test(line))) return [];
  const program = parse(source);
  return lines.flatMap((line, i) => {
    const rows = COMMENT.exec(line)?.[1]?.split(', ');
    if (!rows) return [];
    const below = lines.findIndex((each, j) => j > i && !/^\s*(?:\/\/|$)/.test(each));
    const indent = /^\s*/.exec(lines[below] ?? '')?.[0].length ?? 0;
    const offset = lines.slice(0, below).reduce((sum, each) => sum + each.length + 1, 0) + indent;
    const found = nodeAt(program, offset);
    if (!found) throw new Error(`${file}:${i + 1}: nothing begins below "${line.trim()}"`);
    return [{ rows, file, line: below + 1, source, ...found }];
  });
}

function nodeAt(program: SyntaxNode, offset: number): Pick<Mark, 'node' | 'parents'> | undefined {
  let found: Pick<Mark, 'node' | 'parents'> | undefined;
  walk(program, (node, parents) => {
    if (found === undefined && node.start === offset && node.type !== 'Program') {
      found = { node, parents };
    }
  });
  return found;
}
