import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readMarks, type Mark } from './marks.ts';
import { mutationsOf, type Mutation } from './mutators.ts';
import { writtenMutations, type WrittenMutation } from './mutations.ts';

/** A place in the source that obeys a row, and how to have it obey no more: the first way first. */
export interface Place {
  readonly row: string;
  /** Path from the root of the repository. */
  readonly file: string;
  readonly line: number;
  readonly source: string;
  readonly mutations: readonly Mutation[];
}

/** Find every place that a comment in `src/` marks. @throws {Error} when a written mutation has lost its place */
export function readPlaces(root: string): readonly Place[] {
  const marks = readMarks(root);
  for (const written of writtenMutations) assertFits(root, written, marks);
  return marks.flatMap((mark) =>
    mark.rows.map((row) => {
      const { file, line, source } = mark;
      const written = writtenMutations.filter((each) => each.row === row && isAt(each, mark));
      const own = written.map((each) => asMutation(each, source));
      return { row, file, line, source, mutations: own.length > 0 ? own : mutationsOf(mark) };
    }),
  );
}

function assertFits(root: string, written: WrittenMutation, marks: readonly Mark[]): void {
  const { row, file, find } = written;
  const count = readFileSync(join(root, file), 'utf8').split(find).length - 1;
  const what = `the mutation of ${row} in ${file}`;
  if (count !== 1) throw new Error(`${what} finds its text ${count} times: ${find}`);
  const isMarked = marks.some((mark) => mark.rows.includes(row) && isAt(written, mark));
  if (!isMarked) throw new Error(`${what} is at no statement that is marked "// ${row}: "`);
}

function isAt({ file, find }: WrittenMutation, mark: Mark): boolean {
  const start = mark.source.indexOf(find);
  const { node } = mark;
  return file === mark.file && start >= 0 && start < node.end && node.start < start + find.length;
}

function asMutation({ find, replace }: WrittenMutation, source: string): Mutation {
  const start = source.indexOf(find);
  return { what: `written: ${replace}`, start, end: start + find.length, text: replace };
}
