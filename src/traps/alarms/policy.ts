/** What an operator sets of notifications. */
export interface NotificationPolicy {
  /** `cmp cert-trap time`: hours before the end from which it is warned of, maybe a fraction of one; 0 is never. */
  readonly warningHours: number;
  /** `cmp cert-trap repeat`: hours until what still stands is told again; 0 is never. */
  readonly repeatHours: number;
  /** Between two notifications of one alarm, unless it gets worse or ends. */
  readonly minGapSeconds: number;
}

/**
 * A week to act in, told daily. Five minutes: the first attempts of a renewal follow each other by one, two and
 * four, and need not all be told.
 */
export const usualPolicy: NotificationPolicy = {
  warningHours: 168,
  repeatHours: 24,
  minGapSeconds: 300,
};

/** An hour in milliseconds. */
export const hourMs = 3_600_000;

/** A day in milliseconds. */
export const dayMs: number = 24 * hourMs;
