import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import {
  complaintOf,
  lastWords,
  plainEnvironment,
  programDirectories,
  runCommand,
} from '../deploy/run-command.ts';

/** What is said to the service manager, as sd_notify(3) has it: `READY=1`, `WATCHDOG=1`, `STATUS=…`. */
export type Notice = `${string}=${string}`;

/** Says things to the service manager, one after the other. */
export interface ServiceManager {
  notify(...notices: readonly Notice[]): Promise<void>;
}

/** systemd-notify waits until what it said was read, five seconds at most. */
const timeoutMs = 10_000;

/**
 * Find the service manager that started this process.
 *
 * Node has no datagram sockets of the Unix kind, and so a program that comes with systemd says it. The unit has to allow
 * that with `NotifyAccess=all`. What cannot be said is no reason not to work: it is warned of, once.
 *
 * @param programs where `systemd-notify` is looked for
 * @returns undefined when there is none: `NOTIFY_SOCKET` is not set
 */
export function serviceManager(
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
  programs: readonly string[] = programDirectories,
): ServiceManager | undefined {
  const socket = env['NOTIFY_SOCKET'] ?? '';
  if (socket === '') return undefined;
  let hasWarned = false;
  const say = async (notices: readonly Notice[]): Promise<void> => {
    const complaint = await run(programs, socket, notices);
    if (complaint !== undefined && !hasWarned) {
      hasWarned = true;
      log.warn(`the service manager cannot be told "${notices.join(' ')}": ${complaint}`);
    }
  };
  let last: Promise<void> = Promise.resolve();
  return {
    notify(...notices) {
      last = last.then(() => say(notices));
      return last;
    },
  };
}

/** @returns what went wrong */
async function run(
  programs: readonly string[],
  socket: string,
  notices: readonly Notice[],
): Promise<string | undefined> {
  const env = { ...plainEnvironment, NOTIFY_SOCKET: socket };
  let complaint: string | undefined = 'there is no systemd-notify';
  for (const directory of programs) {
    const { result, output } = await runCommand({
      command: [join(directory, 'systemd-notify'), ...notices],
      env,
      timeoutMs,
    });
    if (result.type === 'not-started') continue;
    complaint = complaintOf(result, timeoutMs);
    return complaint === undefined ? undefined : complaint + lastWords(output);
  }
  return complaint;
}
