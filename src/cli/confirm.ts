import { CertError } from '../base/errors.ts';
import type { CommandContext } from './command.ts';
import { printable } from '../base/printable.ts';

/**
 * Ask before something that cannot be undone: `--yes` answers, a terminal is asked, and without either
 * nothing is done.
 *
 * @param what the deed as an infinitive, for the error message
 * @throws {CertError} USAGE_INVALID when there is nobody to ask
 */
export async function confirm(
  question: string,
  what: string,
  { io, globals }: Pick<CommandContext, 'io' | 'globals'>,
): Promise<boolean> {
  if (globals.yes) return true;
  if (!io.stdin.isTTY || !io.stderr.isTTY) {
    throw new CertError('USAGE_INVALID', `Cannot ${what} unasked: this is not a terminal`, {
      hint: 'Add --yes',
    });
  }
  io.stderr.write(`${printable(question)} [y/N] `);
  const answer = await io.stdin.readLine({ echo: true });
  return /^y(?:es)?$/i.test(answer.trim());
}
