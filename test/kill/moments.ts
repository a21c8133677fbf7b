/** A moment at which a process may die. */
export type Moment =
  /** A write to the store is committed. */
  | 'write'
  /** An answer has come, and nothing of it is stored yet. */
  | 'answer'
  /** Something is changed in the directory of PEM files. */
  | 'file';

/** How many of each a process has seen. */
export type Moments = Readonly<Record<Moment, number>>;

/** A process that has not done anything. */
export const noMoments: Moments = { write: 0, answer: 0, file: 0 };
