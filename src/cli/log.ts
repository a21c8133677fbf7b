import type { Log } from '../base/log.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';
import { createStyle, type Style } from './render.ts';
import { printable } from '../base/printable.ts';

/**
 * Make the log of one run, on stderr: warnings always, what is being done unless `--quiet`, details
 * with `--verbose`.
 */
export function createLog(io: Io, globals: Pick<Globals, 'quiet' | 'verbose'>): Log {
  // Most commands say nothing here, and then stderr need not be opened.
  let style: Style | undefined;
  const getStyle = (): Style => (style ??= createStyle(io.stderr, io.env));
  const say = (text: string): void => io.stderr.write(`${text}\n`);
  return {
    debug(message) {
      if (globals.verbose) say(getStyle().dim(printable(message)));
    },
    info(message) {
      if (!globals.quiet) say(printable(message));
    },
    warn(message) {
      say(`${getStyle().warn('warning:')} ${printable(message)}`);
    },
  };
}
