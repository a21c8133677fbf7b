import { identityTaken } from '../agent/identity.ts';
import { stateDirectory } from '../agent/state-directory.ts';
import { CertError, exitCodeOf, type ErrorCode, type ExitCode } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { failureMeaning } from '../cmp/message/failure-meaning.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import { formatStatus } from '../cmp/message/status-text.ts';
import { withoutUserinfo } from '../retrieval/url.ts';
import type { CommandContext } from './command.ts';
import type { Globals } from './global-options.ts';
import type { Io } from './io.ts';
import { formatJson, type Json } from './json.ts';
import { createStyle } from './render.ts';

/** Why a command did not come to what was asked for: an error, or an outcome that is none. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  /** What the CA said. */
  readonly status?: PKIStatusInfo;
  readonly details?: readonly string[] | undefined;
  /** Hexadecimal. */
  readonly transactionID?: string | undefined;
  /** The state directory, where something was looked for in it. */
  readonly state?: string | undefined;
}

/**
 * Say what went wrong: `error:` and what belongs to it on stderr; with `--json` an object on stdout, and
 * nothing on stderr.
 *
 * @param json what the object holds beside `error`
 * @returns the exit code of the process
 */
export function reportFailure(
  failure: Failure,
  io: Io,
  globals: Pick<Globals, 'json'>,
  json: Readonly<Record<string, Json | undefined>> = {},
): ExitCode {
  if (globals.json) {
    io.stdout.write(formatJson({ ...json, error: failureJson(failure) }));
  } else {
    io.stderr.write(failureText(failure, io));
  }
  return exitCodeOf[failure.code];
}

/** Say of a command what `reportFailure` says, and have the audit trail say with which code it ended. */
export function failCommand(
  failure: Failure,
  { io, globals, failed }: Pick<CommandContext, 'io' | 'globals' | 'failed'>,
  json?: Readonly<Record<string, Json | undefined>>,
): ExitCode {
  failed(failure);
  return reportFailure(failure, io, globals, json);
}

/** Write a failure as the `error` of a `--json` object. */
export function failureJson(failure: Failure): { readonly [key: string]: Json | undefined } {
  const { code, message, hint, status, details, transactionID, state } = failure;
  return {
    code,
    message,
    hint,
    transactionID,
    exitCode: exitCodeOf[code],
    status: status && { ...status },
    details,
    state,
  };
}

function failureText(failure: Failure, io: Io): string {
  const { code, message, hint, status, details, transactionID, state } = failure;
  const { bad, dim } = createStyle(io.stderr, io.env);
  const lines: (readonly [string, string | undefined])[] = [
    [bad('error:'), message],
    ['status:', status && formatStatus(status)],
    ...(details ?? []).map((detail) => ['details:', detail] as const),
    ...(status?.failInfo ?? []).map(
      (bit) => [`${bit}:`, failureMeaning[bit] ?? 'unknown to this version'] as const,
    ),
    [dim('hint:'), hint],
    ['transactionID:', transactionID],
    [dim('state:'), state],
    [dim('code:'), code],
  ];
  return lines
    .map(([title, text]) => (text === undefined ? '' : `${title} ${printable(text)}\n`))
    .join('');
}

/**
 * Say what was thrown. Anything but a `CertError` is a bug, and its stack is shown only with `--verbose`.
 *
 * @returns the exit code of the process
 */
export function reportError(
  error: unknown,
  io: Io,
  globals: Pick<Globals, 'json' | 'verbose' | 'state'>,
): ExitCode {
  const known = error instanceof CertError ? error : asBug(error);
  const { code, message, hint, transactionID } = known;
  const state = namesWhatIsStored.has(code)
    ? stateDirectory({
        env: io.env,
        ...(globals.state === undefined ? {} : { option: globals.state }),
      })
    : undefined;
  // A URL that was typed in a wrong place is quoted by whoever has no place for it.
  const shown = {
    message: withoutUserinfo(message),
    hint: hint === undefined ? undefined : withoutUserinfo(hint),
    details: ofTakenIdentity(known),
  };
  const exitCode = reportFailure({ code, ...shown, transactionID, state }, io, globals);
  if (globals.verbose) io.stderr.write(withoutUserinfo(stackOf(known)));
  return exitCode;
}

/** Root is not used to being refused anything: say who it is here, where files were in the way. */
function ofTakenIdentity(error: CertError): readonly string[] | undefined {
  const identity = identityTaken();
  if (identity === undefined || !isOfFiles(error)) return undefined;
  const { user, startedBy, hasPowers } = identity;
  const who = `This runs as "${user}", whose store it is, though ${startedBy} started it`;
  if (hasPowers) {
    return [`${who}: it may do with files what the service may, and no more`];
  }
  return [
    `${who}: it may do with files what "${user}" may` +
      // The service has capabilities that are lost on the way from root to another user.
      (error.code === 'DELIVERY_FAILED'
        ? '; a running agent tries again within minutes, with what its service lets it do'
        : `; let "${user}" do that, or give or take it by standard input and output`),
  ];
}

function isOfFiles(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isRefused = 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
  return isRefused || /\b(?:EACCES|EPERM)\b/.test(error.message) || isOfFiles(error.cause);
}

/** Errors after which the first question is whether it was the right store. */
const namesWhatIsStored: ReadonlySet<ErrorCode> = new Set(['CERT_UNKNOWN', 'CA_UNKNOWN']);

function asBug(cause: unknown): CertError {
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new CertError('INTERNAL', `Cannot go on, and this is a bug in certkeeper: ${what}`, {
    cause,
    hint: 'Run it again with --verbose and report what it prints',
  });
}

function stackOf(error: CertError): string {
  let text = '';
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    text += `${at === error ? '' : 'caused by '}${printable(at.name)}: ${printable(at.message)}\n`;
    for (const line of at.stack?.split('\n') ?? []) {
      if (/^\s+at /.test(line)) text += `${printable(line)}\n`;
    }
  }
  return text;
}
