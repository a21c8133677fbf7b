import { formatTime } from '../base/format-time.ts';
import type { Notification } from './alarms/notification.ts';
import type { CommandDestination } from './destination.ts';
import { notificationBody } from './notification-body.ts';
import { failed, type NotificationSender } from './sender.ts';

/** A program to run without a shell, in a process group of its own, which is ended with it. */
export interface ProgramRun {
  readonly command: readonly [program: string, ...args: string[]];
  /** Added to the plain environment that every program gets; nothing of ours goes along. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends the program; its run then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Runs a program, and says what was wrong with it: `undefined` when it ended with exit code 0 in time. */
export type RunProgram = (run: ProgramRun) => Promise<string | undefined>;

/** Give each notification to a program, in its environment. */
export function commandSender(
  destination: CommandDestination,
  run: RunProgram,
): NotificationSender {
  const { name, command, timeoutSeconds } = destination;
  return {
    async send(notification, signal) {
      const complaint = await run({
        command,
        env: notificationEnvironment(notification),
        timeoutMs: timeoutSeconds * 1000,
        ...(signal !== undefined && { signal }),
      });
      if (complaint === undefined) return 'acknowledged';
      const hint = 'Try it by hand, as the user that certkeeper runs as';
      throw failed(notification, `"${name}" ("${command[0]}")`, complaint, hint);
    },
    async close() {},
  };
}

/** Make the variables a program is told by; what does not apply is empty. */
export function notificationEnvironment(
  notification: Notification,
): Readonly<Record<string, string>> {
  const { name, severity, sequence, at, text, certificate, details } = notification;
  const env = {
    CERTKEEPER_NOTIFICATION: name,
    CERTKEEPER_SEVERITY: severity,
    CERTKEEPER_SEQUENCE: String(sequence),
    CERTKEEPER_TIME: formatTime(at),
    CERTKEEPER_TEXT: text,
    CERTKEEPER_NAME: certificate?.name ?? '',
    CERTKEEPER_SUBJECT: certificate?.subject ?? '',
    CERTKEEPER_SERIAL: certificate?.serialNumber ?? '',
    CERTKEEPER_NOT_AFTER: timeText(certificate?.notAfter),
    CERTKEEPER_REASON: details.reason ?? '',
    CERTKEEPER_ENDPOINT: details.endpoint ?? '',
    CERTKEEPER_NEXT_ATTEMPT: timeText(details.nextAttempt),
    CERTKEEPER_JSON: JSON.stringify(notificationBody(notification)),
  };
  // What a CA says may have one, and no environment can.
  return Object.fromEntries(
    Object.entries(env).map(([key, value]) => [key, value.replaceAll('\0', '')]),
  );
}

function timeText(moment: Date | undefined): string {
  return moment === undefined ? '' : formatTime(moment);
}
