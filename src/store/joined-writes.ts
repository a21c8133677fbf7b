import type { Sql } from './sql.ts';

/** What does work in one write transaction, as `Database.write`. */
type Write = <T>(work: (sql: Sql) => T) => Promise<T>;

/** A write that is asked for. */
interface Asked {
  /** Do it. @returns what tells whoever asked that it is over */
  readonly inGroup: (sql: Sql) => () => void;
  /** Do it by itself, and tell how it ended. */
  readonly alone: () => Promise<void>;
}

/**
 * Join writes that are asked for at the same time, by those who work on different names, into one transaction: what
 * takes its time is the disk, for which they then wait together. Each is told that it is over when all are on the disk,
 * and not before. When one of them fails, each is done by itself.
 *
 * @param turn calls back when all who have something to write by now have asked
 */
export function joinWrites(write: Write, turn: (then: () => void) => void): Write {
  let asked: Asked[] = [];
  const writeAll = async (): Promise<void> => {
    const group = asked;
    asked = [];
    if (group.length > 1) {
      try {
        const tell = await write((sql) => group.map(({ inGroup }) => inGroup(sql)));
        for (const each of tell) each();
        return;
      } catch {
        // Nothing of it was done.
      }
    }
    for (const { alone } of group) await alone();
  };
  return <T>(work: (sql: Sql) => T) =>
    new Promise<T>((resolve, reject) => {
      asked.push({
        inGroup(sql) {
          const result = work(sql);
          // Alone it would be refused by the binding: the transaction ends before such work does.
          if (result instanceof Promise) throw new Error('work cannot return a promise');
          return () => resolve(result);
        },
        alone: () => write(work).then(resolve, reject),
      });
      if (asked.length === 1) turn(() => void writeAll());
    });
}
