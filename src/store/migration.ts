/**
 * One numbered step of a database's schema. The SQL lives in `.ts` files because the compiler copies
 * nothing else into the package. A step that was ever released is never changed again.
 */
export interface Migration {
  /** 1, 2, …, without a gap. */
  readonly version: number;
  /** Statements, run in one transaction. */
  readonly sql: string;
}
