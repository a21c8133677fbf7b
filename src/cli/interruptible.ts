import { CertError } from '../base/errors.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';

/**
 * Do something to the delivery of a certificate that Ctrl-C may end: what is not done stays pending.
 *
 * @throws {CertError} DELIVERY_FAILED when it was interrupted, and whatever the work throws
 */
export async function interruptible<T>(
  { io, globals }: Pick<CommandContext, 'io' | 'globals'>,
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = io.abortSignal();
  try {
    return await work(signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const poll = commandLine(['cmp', 'poll', 'current-cert', name], globals);
    throw new CertError('DELIVERY_FAILED', `Interrupted the delivery of "${name}"`, {
      hint: `Go on with what is left: ${poll}`,
    });
  }
}
