import type { Globals } from './global-options.ts';
import type { Io, Output } from './io.ts';
import { formatJson, type Json } from './json.ts';
import { printable } from '../base/printable.ts';

/** Colours by urgency; each returns the text alone where there is no colour. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

/** Prints the result of a command: text for people, or one JSON object. */
export interface Printer {
  readonly style: Style;
  /** Print what was asked for. Text comes with its line ends and is made only when it is printed. */
  show(json: Readonly<Record<string, Json | undefined>>, text: () => string): void;
  /** Say that a change was made, as one sentence; `--quiet` hides it. */
  done(json: Readonly<Record<string, Json | undefined>>, sentence: string): void;
}

/** Make the printer of one run. */
export function createPrinter(io: Io, globals: Globals): Printer {
  const printJson = (json: Readonly<Record<string, Json | undefined>>): void => {
    io.stdout.write(formatJson(json));
  };
  return {
    style: createStyle(io.stdout, io.env),
    show(json, text) {
      if (globals.json) printJson(json);
      else io.stdout.write(text());
    },
    done(json, sentence) {
      if (globals.json) printJson(json);
      else if (!globals.quiet) io.stdout.write(`${printable(sentence)}\n`);
    },
  };
}

/** Choose colours for an output: none off a terminal, with NO_COLOR, or on a dumb terminal. */
export function createStyle(output: Output, env: Io['env']): Style {
  const noColor = env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '';
  const coloured = output.isTTY && !noColor && env['TERM'] !== 'dumb';
  const paint =
    (code: number) =>
    (text: string): string =>
      coloured ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: paint(1), good: paint(32), warn: paint(33), bad: paint(31), dim: paint(2) };
}

/** Format a moment as `show cert` does: `Dec 10 2026`. */
export function formatDay(time: Date): string {
  const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';
  const month = months.slice(time.getUTCMonth() * 3, time.getUTCMonth() * 3 + 3);
  return `${month} ${String(time.getUTCDate()).padStart(2, '0')} ${time.getUTCFullYear()}`;
}

/** Format a number of seconds in the largest unit that divides it more than once. */
export function formatDuration(seconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds > size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}
