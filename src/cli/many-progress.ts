import { formatTime } from '../base/format-time.ts';
import type { Log } from '../base/log.ts';
import { printable } from '../base/printable.ts';
import type { UpdateOutcome } from '../lifecycle/update-many.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';

/** Shows how far a command has come with many certificates. */
export interface ManyProgress {
  tell(outcome: UpdateOutcome): void;
  /** Take the bar away. */
  end(): void;
}

const barWidth = 24;

/** Not more often than people can read. */
const redrawMs = 100;

/**
 * Start showing progress on stderr: a bar on a terminal, else a line a change. Nothing with `--quiet` or `--json`.
 *
 * @param total how many there are
 * @param nowMs milliseconds since any moment
 */
export function startManyProgress(
  total: number,
  { io, globals, log }: { readonly io: Io; readonly globals: Globals; readonly log: Log },
  nowMs: () => number = () => performance.now(),
): ManyProgress {
  if (globals.quiet || globals.json) return { tell() {}, end() {} };
  if (!io.stderr.isTTY) return { tell: (outcome) => log.info(sentenceOf(outcome)), end() {} };
  const types = new Map<string, UpdateOutcome['type']>();
  let drawnAt = -Infinity;
  const draw = (last: string): void => {
    const counts = { renewed: 0, waiting: 0, failed: 0, left: 0 };
    for (const type of types.values()) counts[type]++;
    const filled = total === 0 ? barWidth : Math.floor((types.size / total) * barWidth);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`;
    const told = Object.entries(counts)
      .filter(([type, count]) => count > 0 || type === 'renewed')
      .map(([type, count]) => `${type} ${count}`)
      .join(', ');
    const line = printable(`${bar} ${types.size}/${total}: ${told}; ${last}`);
    io.stderr.write(`\r\u001b[K${line.slice(0, io.stderr.columns - 1)}`);
  };
  return {
    tell(outcome) {
      types.set(outcome.name, outcome.type);
      const now = nowMs();
      if (now - drawnAt < redrawMs && types.size < total) return;
      drawnAt = now;
      draw(outcome.name);
    },
    end() {
      if (types.size > 0) io.stderr.write('\r\u001b[K');
    },
  };
}

/** Say what became of one. */
export function sentenceOf(outcome: UpdateOutcome): string {
  const { name, ca } = outcome;
  switch (outcome.type) {
    case 'renewed':
      return `"${name}" is renewed and valid until ${formatTime(outcome.notAfter)}`;
    case 'waiting': {
      const said = outcome.text === undefined ? '' : ` ("${outcome.text}")`;
      return `"${name}" waits for CA "${ca}"${said}; next poll due ${formatTime(outcome.nextPollAt)}`;
    }
    case 'failed':
      return `"${name}" failed: ${outcome.reason}`;
    case 'left':
      return `"${name}" was not begun: ${outcome.reason}`;
  }
}
