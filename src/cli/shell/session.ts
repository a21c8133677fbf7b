import { CertError, type ExitCode } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Command, CommandContext } from '../command.ts';
import { liveValues } from '../completion-names.ts';
import type { LiveValues } from '../completion.ts';
import { commands } from '../grammar.ts';
import { toolCommands } from '../grammar-tools.ts';
import { Interrupted, type Io } from '../io.ts';
import { expand, withoutProgram } from './expand.ts';
import { explain } from './explain.ts';
import { modeCommands, type Modes } from './mode-commands.ts';
import { splitLine, type Word } from './words.ts';

/** What lines are run in, whether an operator types them or a pipe brings them. */
export interface Session {
  readonly table: readonly Command[];
  readonly live: LiveValues;
  /** `certkeeper(config)# `, as the modes are. */
  prompt(): string;
  /** `exit` was typed at the top. */
  isOver(): boolean;
  /** Write the answer to `?` after a line. @throws {CertError} USAGE_INVALID */
  explain(line: string): Promise<string>;
  /**
   * Run one whole line; blank lines and comments are nothing. Errors are told, not thrown.
   *
   * @returns the exit code; undefined when there was nothing to do, or it was taken back
   */
  run(line: string, io: Io): Promise<ExitCode | undefined>;
}

/** Make the table of the shell: every command but those about the command line itself, and the modes. */
export function shellTable(modes: Modes): readonly Command[] {
  return [...commands.filter((command) => !toolCommands.includes(command)), ...modeCommands(modes)];
}

/** Begin a session; the global options of `shell` hold for all its lines. */
export function createSession(context: CommandContext): Session {
  const { globals, io } = context;
  const modes: Modes = { open: [], isOver: false };
  const table = shellTable(modes);
  const live = liveValues(globals, io, context.openServices);
  const session: Session = {
    table,
    live,
    prompt() {
      const mode = modes.open.length === 0 ? '' : `(${printable(modes.open.join('-'))})`;
      return `certkeeper${mode}# `;
    },
    isOver: () => modes.isOver,
    async explain(line) {
      const { words, open } = splitLine(line);
      const last = words.at(-1);
      // A word that the cursor still touches is the one that is asked about.
      const typed = open === undefined && last?.end === line.length ? last : undefined;
      const before = typed === undefined ? words : words.slice(0, -1);
      return await explain(
        withoutProgram(before),
        typed?.text ?? '',
        table,
        live,
        io.stdout.columns,
      );
    },
    async run(line, outside) {
      if (isNothing(line)) return undefined;
      try {
        const asked = questionIn(line);
        if (asked !== undefined) {
          outside.stdout.write(await session.explain(asked));
          return 0;
        }
        return await context.run(expand(wordsOf(line), table), {
          globals,
          io: { ...outside, isTyped: true },
          commands: table,
        });
      } catch (error) {
        if (error instanceof Interrupted) return undefined;
        const { reportError } = await import('../failure.ts');
        return reportError(error, outside, globals);
      }
    },
  };
  return session;
}

/** Tell whether a line has nothing to run: blank, or a comment as gateways print it. */
export function isNothing(line: string): boolean {
  return /^\s*(?:[!#]|$)/.test(line);
}

function wordsOf(line: string): readonly Word[] {
  const { words, open } = splitLine(line);
  if (open !== undefined) {
    throw new CertError('USAGE_INVALID', `Cannot run a line whose ${open} is not closed`, {
      hint: 'Close the quote, or write a backslash before it to mean the character itself',
    });
  }
  // Gateways begin configuration with "config", too, and that is the beginning of our own words.
  const [only, ...others] = withoutProgram(words);
  const isConfig = only !== undefined && others.length === 0 && only.text.startsWith('conf');
  if (isConfig && 'configure'.startsWith(only.text)) return [{ ...only, text: 'configure' }];
  return withoutProgram(words);
}

/**
 * Find the question in a line: a last word that is `?`. (A word that merely ends so is a value: URLs do.)
 *
 * @returns the line before it
 */
function questionIn(line: string): string | undefined {
  const { words } = splitLine(line);
  const last = words.at(-1);
  return last?.text === '?' && !last.isQuoted ? line.slice(0, last.start) : undefined;
}
