import { CertError } from './errors.ts';

/**
 * Read what somebody else has written, where what cannot be read is as good as nothing.
 *
 * @returns undefined when it does not decode, is over a limit, or is not done here; a bug of ours is still thrown
 */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}
