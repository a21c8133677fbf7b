import { CertError } from '../base/errors.ts';
import { aloneSoon } from './alone.ts';
import type { LifecycleContext } from './context.ts';

/** What is held while it is changed; no certificate can have this name. */
const leaseName = '(policies)';

/**
 * Change what peers are judged by, or take away what that may name, while nobody else does: what was found to be there, or
 * to be needed by nobody, is so until it is stored. A process that was killed meanwhile is in nobody's way.
 *
 * @throws {CertError} IN_PROGRESS when another process is at it for longer than any such change takes
 */
export async function oneJudgingChange<T>(
  context: LifecycleContext,
  work: () => Promise<T>,
): Promise<T> {
  let hasBegun = false;
  try {
    return await aloneSoon(context, leaseName, () => {
      hasBegun = true;
      return work();
    });
  } catch (error) {
    if (hasBegun || !(error instanceof CertError) || error.code !== 'IN_PROGRESS') throw error;
    throw new CertError(
      'IN_PROGRESS',
      'Cannot change what peers are judged by: another process is at it',
      { cause: error, hint: 'Run it again in a moment' },
    );
  }
}
