import type Sqlite from 'better-sqlite3';

/** What can be bound to a parameter: a time goes in as epoch milliseconds, an absent value as NULL. */
export type SqlValue = string | number | boolean | Uint8Array | Date | null | undefined;

/** A row as it comes out; read it with `column.ts`. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Statements inside one read or write transaction. Parameters are given in order for `?`, or as one
 * record for `@name`. Each text is prepared at its first use and kept, so texts are constants.
 */
export interface Sql {
  get(text: string, ...values: SqlParameters): Row | undefined;
  all(text: string, ...values: SqlParameters): readonly Row[];
  /** @returns how many rows changed, and the id of the last one inserted */
  run(text: string, ...values: SqlParameters): { readonly changes: number; readonly id: number };
}

/** Values in order, or one record of named values. */
export type SqlParameters =
  | readonly SqlValue[]
  | readonly [named: Readonly<Record<string, SqlValue>>];

/** Put the statement cache over a connection. */
export function sqlOver(connection: Sqlite.Database): Sql {
  const statements = new Map<string, Sqlite.Statement<unknown[], Row>>();
  const prepare = (text: string): Sqlite.Statement<unknown[], Row> => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = connection.prepare<unknown[], Row>(text);
      statements.set(text, statement);
    }
    return statement;
  };
  return {
    get: (text, ...values) => prepare(text).get(...values.map(bindable)),
    all: (text, ...values) => prepare(text).all(...values.map(bindable)),
    run(text, ...values) {
      const result = prepare(text).run(...values.map(bindable));
      return { changes: result.changes, id: Number(result.lastInsertRowid) };
    },
  };
}

function bindable(value: SqlValue | Readonly<Record<string, SqlValue>>): unknown {
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, bindable(each)]));
}
