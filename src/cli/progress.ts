import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Progress } from '../lifecycle/context.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';
import { plural } from './plural.ts';
import { formatTime } from '../base/format-time.ts';
import { cut, printable } from '../base/printable.ts';

/** Shows what a command is waiting for. */
export interface ProgressLine {
  tell(progress: Progress): void;
  /** Take the line away. */
  end(): void;
}

/**
 * Start showing progress on stderr: one live line on a terminal, else one line of log a change. Nothing
 * with `--quiet` or `--json`.
 */
export function startProgress(io: Io, globals: Globals, log: Log, clock: Clock): ProgressLine {
  if (globals.quiet || globals.json) return { tell() {}, end() {} };
  if (!io.stderr.isTTY) {
    let said: string | undefined;
    return {
      tell(progress) {
        // A line a change: the hundredth "waiting" says nothing the first did not.
        const isNews = progress.type === 'waiting' && said !== (progress.text ?? '');
        if (progress.type === 'waiting') said = progress.text ?? '';
        if (isNews) log.info(describe(progress, clock));
        else log.debug(describe(progress, clock));
      },
      end() {},
    };
  }
  let isShown = false;
  return {
    tell(progress) {
      const line = printable(describe(progress, clock)).slice(0, io.stderr.columns - 1);
      io.stderr.write(`\r\u001b[K${line}`);
      isShown = true;
    },
    end() {
      if (isShown) io.stderr.write('\r\u001b[K');
    },
  };
}

/** A CA that says something else at every poll, for days, must not fill the log. */
const MAX_TEXT_CHARACTERS = 300;

function describe(progress: Progress, clock: Clock): string {
  if (progress.type === 'sending') return `sending ${progress.body} to ${progress.url}`;
  const seconds = Math.max(0, Math.ceil((progress.next.getTime() - clock.now().getTime()) / 1000));
  const said =
    progress.text === undefined ? '' : `; the CA says "${cut(progress.text, MAX_TEXT_CHARACTERS)}"`;
  return `waiting for the CA: ${plural(progress.polls, 'poll')} done, next in ${seconds}s at ${formatTime(progress.next)}${said}`;
}
