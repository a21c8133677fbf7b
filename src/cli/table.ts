import { cut, printable } from '../base/printable.ts';

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A cell: text, and what colours it once it has its width. */
export interface StyledCell {
  readonly text: string;
  readonly paint: (text: string) => string;
}

/** What may stand in a table. */
export type Cell = string | StyledCell;

/**
 * Lay out rows under their titles, two spaces apart; control characters are made visible, and very long texts cut.
 *
 * @returns lines with their ends
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): string {
  return createTable(columns)(rows);
}

/**
 * Make a table that grows block by block, its titles above the first. A column is as wide as what has come so far
 * needs: one wider than before in a later block moves what is right of it from there on.
 */
export function createTable(
  columns: readonly Column[],
): (rows: readonly (readonly Cell[])[]) => string {
  let titles: readonly (readonly Cell[])[] = [columns.map((column) => column.title)];
  let widths: readonly number[] = columns.map(() => 0);
  return (rows) => {
    const cells = [...titles, ...rows].map((row) =>
      row.map((cell) => (typeof cell === 'string' ? plainCell(cell) : visible(cell))),
    );
    titles = [];
    widths = widths.map((width, i) =>
      cells.reduce((most, row) => Math.max(most, row[i]?.text.length ?? 0), width),
    );
    return cells.map((row) => `${formatRow(row, columns, widths).trimEnd()}\n`).join('');
  };
}

/** Lay out names and values, one a line. */
export function formatFields(fields: readonly (readonly [string, Cell | undefined])[]): string {
  const present = fields.flatMap(([name, cell]) =>
    cell === undefined ? [] : [[name, cell] as const],
  );
  const width = Math.max(0, ...present.map(([name]) => name.length));
  return present
    .map(([name, cell]) => {
      const { text, paint } = typeof cell === 'string' ? plainCell(cell) : visible(cell);
      return `${name.padEnd(width)}  ${paint(text)}\n`;
    })
    .join('');
}

function formatRow(
  row: readonly StyledCell[],
  columns: readonly Column[],
  widths: readonly number[],
): string {
  return row
    .map(({ text, paint }, i) => {
      const space = ' '.repeat((widths[i] ?? 0) - text.length);
      return columns[i]?.align === 'right' ? space + paint(text) : paint(text) + space;
    })
    .join('  ');
}

function plainCell(text: string): StyledCell {
  return { text: shown(text), paint: (painted) => painted };
}

function visible(cell: StyledCell): StyledCell {
  return { ...cell, text: shown(cell.text) };
}

/** As long as a path can be; a column as wide as a name of megabytes would make every row of a list as long. */
const maxCellCharacters = 4096;

function shown(text: string): string {
  return printable(cut(text, maxCellCharacters));
}
