import { CertError } from '../base/errors.ts';
import type { Operation } from '../base/events.ts';
import { isLabel, type Label } from '../base/label.ts';
import type { Row } from './sql.ts';

/** Read a text column. @throws {CertError} STORE_CORRUPT, as all of these */
export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : unreadable(column);
}

/** Read an integer column. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : unreadable(column);
}

/** Read a BLOB column into octets of its own, a plain `Uint8Array` and not a `Buffer`. */
export function octets(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? new Uint8Array(value) : unreadable(column);
}

/** Read a column of epoch milliseconds. */
export function time(row: Row, column: string): Date {
  return new Date(integer(row, column));
}

/** Read a column that holds the name of an entry. */
export function label(row: Row, column: string): Label {
  const value = row[column];
  return typeof value === 'string' && isLabel(value) ? value : unreadable(column);
}

/** Read a column that holds one of a few words. */
export function oneOf<const Word extends string>(
  row: Row,
  column: string,
  words: readonly Word[],
): Word {
  return words.find((word) => word === row[column]) ?? unreadable(column);
}

const operations = [
  'ir',
  'cr',
  'kur',
  'p10cr',
  'rr',
  'genm',
] as const satisfies readonly Operation[];

/** Read a column that holds a CMP operation. */
export function operation(row: Row, column: string): Operation {
  return oneOf(row, column, operations);
}

/** Read a text column that holds a JSON object; what is in the object is for the caller to know. */
export function jsonObject(row: Row, column: string): object {
  try {
    const value: unknown = JSON.parse(text(row, column));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  return unreadable(column);
}

/** Read a text column that holds a JSON array of texts. */
export function texts(row: Row, column: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(text(row, column));
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
  }
  return unreadable(column);
}

/** Read a column that may be NULL. */
export function optional<T>(
  row: Row,
  column: string,
  read: (row: Row, column: string) => T,
): T | undefined {
  return row[column] === null ? undefined : read(row, column);
}

/** A record whose fields that came out NULL are absent. */
export type Present<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Drop the fields that are undefined. */
export function present<T extends object>(fields: T): Present<T> {
  const kept: unknown = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- that is what filter() kept
  return kept as Present<T>;
}

function unreadable(column: string): never {
  throw new CertError(
    'STORE_CORRUPT',
    `Cannot read the store: column "${column}" is not as written`,
    {
      hint: 'Put a backup of the store in its place',
    },
  );
}
