import { CertError } from '../base/errors.ts';
import type { Notification } from './alarms/notification.ts';

/** The way to one destination. */
export interface NotificationSender {
  /**
   * Send a notification once.
   *
   * @returns `acknowledged` when the destination has said so; `sent` when nobody knows more
   * @throws {CertError} NOTIFICATION_FAILED; never with a secret in it
   * @throws the reason of `signal`, when that was aborted
   */
  send(notification: Notification, signal?: AbortSignal): Promise<'sent' | 'acknowledged'>;
  /** Give back what it holds. What is under way fails. */
  close(): Promise<void>;
}

/** Say that a notification did not go out. */
export function failed(
  { name }: Pick<Notification, 'name'>,
  where: string,
  why: string,
  hint: string,
): CertError {
  return new CertError('NOTIFICATION_FAILED', `Cannot send ${name} to ${where}: ${why}`, { hint });
}
