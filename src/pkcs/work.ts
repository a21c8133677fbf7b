import { CertError } from '../base/errors.ts';

/**
 * Iterations of key derivation one file may cost in all. OpenSSL asks for 2 048 a part, Java for 10 000 or
 * 100 000, the strictest advice for 1 300 000; a file with as many of them as this takes some seconds.
 */
export const MAX_FILE_ITERATIONS = 4_000_000;

/** What is left of a file's iterations. */
export interface Work {
  /** @throws {CertError} KEY_UNUSABLE when that is more than is left */
  spend(iterations: number): void;
}

/** Begin to count what one file costs. */
export function fileWork(limit: number = MAX_FILE_ITERATIONS): Work {
  let left = limit;
  return {
    spend(iterations) {
      if (!Number.isSafeInteger(iterations) || iterations < 1) {
        throw new CertError(
          'KEY_UNUSABLE',
          `Cannot derive a key with ${iterations} iterations: allowed are 1 and more`,
        );
      }
      left -= iterations;
      if (left >= 0) return;
      throw new CertError(
        'KEY_UNUSABLE',
        `Cannot derive a key with ${iterations} iterations: a file may cost ${limit} in all`,
      );
    },
  };
}
