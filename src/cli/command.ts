import type { Services } from '../agent/compose.ts';
import type { ErrorCode, ExitCode } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { Log } from '../base/log.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';
import { mintArguments, type ArgsOf, type ParameterTable, type Values } from './parameter.ts';
import { previewParameters } from './preview-parameters.ts';
import type { Printer } from './render.ts';

/** What a command body works with. */
export interface CommandContext {
  readonly io: Io;
  readonly globals: Globals;
  readonly log: Log;
  readonly print: Printer;
  /** Open the store and what stands on it, once; closed after the command by whoever ran it. */
  readonly services: () => Promise<Services>;
  /** Open the store once more; whoever asks closes it. */
  readonly openServices: () => Promise<Services>;
  /** The line says `dry-run`: nobody else is asked to do anything. */
  readonly isTried: boolean;
  /** Say that files are written now; a dry run ends here. What goes through the services ends by itself. */
  readonly beforeWriting: () => void;
  /** Say that it is about a certificate which the line does not name, and with what that one failed. */
  readonly concerns: (name: Label, code?: ErrorCode) => void;
  /** Say with what it failed, where that is reported and not thrown: the audit trail has it. */
  readonly failed: (failure: { readonly code: ErrorCode; readonly message: string }) => void;
  /** Run another command line, on the same outside if nothing else is said. */
  readonly run: (argv: readonly string[], changes?: RunChanges) => Promise<ExitCode>;
}

/** What is different for a command line that a command runs. */
export interface RunChanges {
  /** More in its environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What holds wherever the line does not say otherwise. */
  readonly globals?: Globals;
  readonly io?: Io;
  /** The table it is understood by. */
  readonly commands?: readonly Command[];
}

/** The code of one command. */
export type Body<T extends ParameterTable> = (
  args: ArgsOf<T>,
  context: CommandContext,
) => Promise<ExitCode>;

/** A rule about which parameters go together. */
export type Constraint<Word extends string = string> =
  | { readonly atMostOne: readonly Word[] }
  | { readonly atLeastOne: readonly Word[] };

/**
 * What a command may leave otherwise than it found it: nothing; what a lab remembers, in a directory of its own;
 * what is stored here; or, beyond that, what others see: a CA, a service, files.
 */
export type Changes = 'nothing' | 'lab' | 'store' | 'world';

/** What a command says of itself; the entry of the grammar table. */
export interface CommandSpec<T extends ParameterTable> {
  readonly words: readonly string[];
  /** `store` and `world` are written to the audit trail. */
  readonly changes: Changes;
  /** One sentence for `--help`, no final period. */
  readonly summary: string;
  readonly parameters: T;
  /** What cannot be tried without being done. */
  readonly hasPreview?: false;
  readonly constraints?: readonly Constraint<keyof T & string>[];
  /** One line without the leading `certkeeper`. */
  readonly example?: string;
  /** Import the body; called only when the command runs. */
  load(): Promise<{ readonly run: Body<T> }>;
}

/** An entry of the grammar, with the types of its own arguments sealed in. */
export interface Command {
  readonly words: readonly string[];
  readonly changes: Changes;
  readonly summary: string;
  readonly parameters: ParameterTable;
  readonly constraints: readonly Constraint[];
  /** `dry-run` was added to its parameters. */
  readonly hasPreview: boolean;
  readonly example: string | undefined;
  start(values: Values, context: CommandContext): Promise<ExitCode>;
}

/** Make an entry of the grammar: a body that names a parameter the table lacks does not compile. */
export function defineCommand<const T extends ParameterTable>(spec: CommandSpec<T>): Command {
  const { changes, parameters } = spec;
  const isChanging = changes === 'store' || changes === 'world';
  const hasPreview = isChanging && spec.hasPreview !== false && !('dry-run' in parameters);
  return {
    words: spec.words,
    changes,
    summary: spec.summary,
    parameters: hasPreview ? { ...parameters, ...previewParameters } : parameters,
    hasPreview,
    constraints: spec.constraints ?? [],
    example: spec.example,
    async start(values, context) {
      const { run } = await spec.load();
      return await run(mintArguments(parameters, values), context);
    },
  };
}
