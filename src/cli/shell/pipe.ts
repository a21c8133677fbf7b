import { CertError, type ExitCode } from '../../base/errors.ts';
import type { CommandContext } from '../command.ts';
import type { Io } from '../io.ts';
import { createSession, isNothing } from './session.ts';
import { splitLine } from './words.ts';

/** No command is longer; a quote that was forgotten is found before it has swallowed a whole disk. */
const MAX_LINE_CHARACTERS = 262_144;

/**
 * Run the lines of standard input one after the other, up to the first that fails.
 *
 * @param keepGoing go on after a failure
 * @returns the exit code of the first line that failed
 */
export async function runPipe(keepGoing: boolean, context: CommandContext): Promise<ExitCode> {
  const { io, globals } = context;
  const session = createSession(context);
  const interrupted = io.abortSignal();
  // Its lines are commands: a command that reads standard input would take them for something else.
  const outside: Io = { ...io, stdin: noInput };
  let failed: ExitCode = 0;
  for await (const { text, number } of wholeLines(io.stdin.lines())) {
    const code = (await session.run(text, outside)) ?? 0;
    if (failed === 0) failed = code;
    if (session.isOver() || interrupted.aborted) break;
    if (code === 0) continue;
    if (!globals.json) {
      const rest = keepGoing ? '' : ': what follows was not run (--keep-going runs it)';
      io.stderr.write(`line ${number} failed${rest}\n`);
    }
    if (!keepGoing) break;
  }
  return failed;
}

interface WholeLine {
  readonly text: string;
  /** Of its first line, from 1. */
  readonly number: number;
}

/** Join lines that end inside a quote, or with a backslash. */
async function* wholeLines(lines: AsyncIterable<string>): AsyncGenerator<WholeLine> {
  let text = '';
  let number = 0;
  let first = 1;
  for await (const line of lines) {
    number++;
    if (text === '') first = number;
    text = text === '' ? line : `${text}\n${line}`;
    if (text.length > MAX_LINE_CHARACTERS) {
      throw new CertError(
        'USAGE_INVALID',
        `Cannot run line ${first}: it is longer than ${MAX_LINE_CHARACTERS} characters`,
        { hint: 'Look for a quote that is not closed' },
      );
    }
    if (isOpen(text)) continue;
    yield { text, number: first };
    text = '';
  }
  // What is wrong with it is said when it is run.
  if (text !== '') yield { text, number: first };
}

/** Tell whether a line goes on in the next one. */
export function isOpen(text: string): boolean {
  return !isNothing(text) && splitLine(text).open !== undefined;
}

const noInput: Io['stdin'] = {
  isTTY: false,
  readAll: refuse,
  readLine: refuse,
  lines: () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) }),
};

async function refuse(): Promise<never> {
  throw new Error('standard input is where the commands come from');
}
