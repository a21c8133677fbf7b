import type { CommandContext } from './command.ts';
import { jsonText, schemaVersion, type Json } from './json.ts';
import { createTable, type Cell, type Column } from './table.ts';

/** How a list of any length is printed. */
export interface PrintedList<T> {
  /** The field of the JSON object. */
  readonly key: string;
  readonly columns: readonly Column[];
  readonly json: (item: T) => { readonly [key: string]: Json | undefined };
  readonly row: (item: T) => readonly Cell[];
  /** Text when there is nothing. */
  readonly none: () => string;
}

/**
 * Print a list block by block, as a table or as one JSON object, so that no more than a block is held in memory. The
 * first block is read before anything is written: whoever cannot read at all tells only that.
 */
export async function printList<T>(
  { io: { stdout }, globals }: Pick<CommandContext, 'io' | 'globals'>,
  blocks: AsyncIterable<readonly T[]>,
  { key, columns, json, row, none }: PrintedList<T>,
): Promise<void> {
  let count = 0;
  const table = createTable(columns);
  for await (const block of blocks) {
    if (block.length === 0) continue;
    if (globals.json) {
      const items = block.map((item) => `\n    ${jsonText(json(item)).replaceAll('\n', '\n    ')}`);
      stdout.write(`${count === 0 ? opening(key) : ','}${items.join(',')}`);
    } else {
      stdout.write(table(block.map(row)));
    }
    count += block.length;
  }
  if (globals.json) stdout.write(count === 0 ? `${opening(key)}]\n}\n` : '\n  ]\n}\n');
  else if (count === 0) stdout.write(none());
}

/** As `formatJson` begins an object whose only field is a list. */
function opening(key: string): string {
  return `{\n  "schemaVersion": ${schemaVersion},\n  ${JSON.stringify(key)}: [`;
}
