import type { LogDestination } from './destination.ts';
import { notificationBody } from './notification-body.ts';
import { failed, type NotificationSender } from './sender.ts';

/**
 * Write each notification as one line of JSON.
 *
 * @param write takes a line without its end
 */
export function logSender(
  { name }: LogDestination,
  write: (line: string) => void | Promise<void>,
): NotificationSender {
  return {
    async send(notification, signal) {
      signal?.throwIfAborted();
      try {
        await write(JSON.stringify(notificationBody(notification)));
      } catch (error) {
        const why = error instanceof Error ? error.message : 'unknown error';
        throw failed(notification, `"${name}"`, why, 'Check path, permissions and free space');
      }
      return 'sent';
    },
    async close() {},
  };
}
