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
  /** What to say below the list, read after it. */
  readonly below?: () => Promise<Below | undefined>;
}

/** What stands below a list: a line, and one more field of the JSON object. */
export interface Below {
  readonly key: string;
  readonly items: readonly Json[];
  readonly line: string;
}

/**
 * Print a list block by block, as a table or as one JSON object, so that no more than a block is held in memory. The
 * first block is read before anything is written: whoever cannot read at all tells only that.
 */
export async function printList<T>(
  { io: { stdout }, globals }: Pick<CommandContext, 'io' | 'globals'>,
  blocks: AsyncIterable<readonly T[]>,
  { key, columns, json, row, none, below }: PrintedList<T>,
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
  const more = await below?.();
  if (globals.json) {
    const items = more && jsonText(more.items).replaceAll('\n', '\n  ');
    const field = more === undefined ? '' : `,\n  ${JSON.stringify(more.key)}: ${items}`;
    stdout.write(`${count === 0 ? `${opening(key)}]` : '\n  ]'}${field}\n}\n`);
    return;
  }
  if (count === 0) stdout.write(none());
  if (more !== undefined) stdout.write(`${more.line}\n`);
}

/** As `formatJson` begins an object whose only field is a list. */
function opening(key: string): string {
  return `{\n  "schemaVersion": ${schemaVersion},\n  ${JSON.stringify(key)}: [`;
}
