import { askAgent } from '../agent/control-client.ts';
import type { ControlArguments } from '../agent/control-protocol.ts';
import { CertError, exitCodeOf, isErrorCode, type ExitCode } from '../base/errors.ts';
import type { CommandContext } from './command.ts';

/** Longer than a CA decides anything in while somebody watches. */
export const maxToldWaitSeconds: number = 3600;

type Place = Pick<CommandContext, 'globals' | 'io' | 'failed'>;

/**
 * Have a running agent do what a command does, and print what it says.
 *
 * @param words `command`, and what that is told
 * @param waitSeconds how long the agent may take beyond what it usually does
 * @returns the exit code of the command; undefined when no agent listens
 * @throws {CertError} as `askAgent`
 */
export async function tellBy(
  path: string,
  words: ControlArguments,
  { globals, io, failed }: Place,
  waitSeconds = 0,
): Promise<ExitCode | undefined> {
  const { json, quiet, verbose } = globals;
  const answer = await askAgent(path, 'tell', {
    words: { ...words, json, quiet, verbose },
    waitMs: waitSeconds * 1000,
    ...(waitSeconds > 0 && { signal: io.abortSignal() }),
  });
  if (answer === undefined) return undefined;
  const { exitCode, out, err, failure }: Readonly<Record<string, unknown>> = { ...answer };
  const code = Object.values(exitCodeOf).find((each) => each === exitCode);
  if (typeof out === 'string') io.stdout.write(out);
  if (typeof err === 'string') io.stderr.write(err);
  const reported = failureIn(failure);
  // The audit trail has why, as it has it of a command that does the same by itself.
  if (reported) failed(reported);
  return exitCode === 0 ? 0 : (code ?? exitCodeOf.INTERNAL);
}

function failureIn(value: unknown): Parameters<Place['failed']>[0] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { code, message }: Readonly<Record<string, unknown>> = { ...value };
  return typeof code === 'string' && isErrorCode(code) && typeof message === 'string'
    ? { code, message }
    : undefined;
}

/**
 * The same for a command that was told which socket to ask, and has no other way.
 *
 * @throws {CertError} CONFIG_INVALID when nobody listens there
 */
export async function tellOnlyBy(
  path: string,
  words: ControlArguments,
  place: Place,
  waitSeconds?: number,
): Promise<ExitCode> {
  const exitCode = await tellBy(path, words, place, waitSeconds);
  if (exitCode !== undefined) return exitCode;
  throw new CertError('CONFIG_INVALID', `Cannot ask the agent: none listens on "${path}"`, {
    hint: 'It is there while "agent run" with "group" and this "socket" runs',
  });
}
