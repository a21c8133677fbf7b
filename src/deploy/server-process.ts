import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CertError } from '../base/errors.ts';
import { programDirectories } from './run-command.ts';

/** Find a program by its usual names in the usual places. @throws {CertError} DELIVERY_FAILED */
export function findProgram(names: readonly string[]): string {
  for (const directory of programDirectories) {
    for (const name of names) {
      const path = join(directory, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here.
      }
    }
  }
  throw failed(
    `Cannot find the program ${names.join(' or ')} in ${programDirectories.join(', ')}`,
    'Name it with program',
  );
}

/**
 * Send a signal to the process a pid file names.
 *
 * @param names what the process may be called: the file may be left over, and its number be another's
 * @throws {CertError} DELIVERY_FAILED when it does not run, or is called otherwise
 */
export async function signalByPidFile(
  pidFile: string,
  signal: 'SIGHUP' | 'SIGUSR1',
  names: readonly string[],
): Promise<void> {
  const pid = await readPid(pidFile);
  const name = await processName(pid);
  if (name !== undefined && !names.some((each) => nameOf(each) === name)) {
    throw failed(
      `Cannot send ${signal} to process ${pid} of "${pidFile}": it is "${name}", not ${names.join(' or ')}`,
      'Name the pid file that the running server writes',
    );
  }
  try {
    process.kill(pid, signal);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
    throw failed(
      `Cannot send ${signal} to process ${pid} of "${pidFile}": ${why ? 'it is another user’s' : 'it does not run'}`,
      why ? 'Run this as the server’s user, or as root' : 'Start the server, or name its pid file',
      cause,
    );
  }
}

/**
 * Tell whether the process a pid file names runs, and is called as it should be. A server that does not run needs no
 * signal: it reads its files when it starts.
 */
export async function isServerRunning(pidFile: string, names: readonly string[]): Promise<boolean> {
  const pid = pidIn(await readFile(pidFile, 'utf8').catch(() => ''));
  const name = pid === undefined ? undefined : await processName(pid);
  return name !== undefined && names.some((each) => nameOf(each) === name);
}

async function readPid(pidFile: string): Promise<number> {
  let text: string;
  try {
    text = await readFile(pidFile, 'utf8');
  } catch (cause) {
    throw failed(
      `Cannot read pid file "${pidFile}": ${cause instanceof Error ? cause.message : String(cause)}`,
      'Start the server, or name its pid file',
      cause,
    );
  }
  const pid = pidIn(text);
  if (pid !== undefined) return pid;
  throw failed(
    `Cannot use pid file "${pidFile}": there is no process number in it`,
    // A server that only tries its configuration may have made it, empty.
    'Start the server, or name its pid file',
  );
}

function pidIn(text: string): number | undefined {
  const digits = /^\s*(\d{1,10})\s*$/.exec(text)?.[1];
  // 0 and 1 are everybody, and the system itself.
  return digits !== undefined && Number(digits) > 1 ? Number(digits) : undefined;
}

/** What the kernel calls a process; absent where it does not say. */
async function processName(pid: number): Promise<string | undefined> {
  try {
    return (await readFile(`/proc/${pid}/comm`, 'utf8')).trimEnd();
  } catch {
    return undefined;
  }
}

/** The kernel keeps 15 octets of a name. */
function nameOf(program: string): string {
  return basename(program).slice(0, 15);
}

function failed(message: string, hint: string, cause?: unknown): CertError {
  return new CertError(
    'DELIVERY_FAILED',
    message,
    cause === undefined ? { hint } : { hint, cause },
  );
}
