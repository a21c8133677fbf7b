import { utf8 } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { Connection } from '../http/connection.ts';
import { request, type RequestLimits } from '../http/request.ts';
import type { HttpRoute } from '../http/route.ts';
import { parseHttpUrl } from '../http/url.ts';
import type { Notification } from './alarms/notification.ts';
import type { WebhookDestination } from './destination.ts';
import { notificationBody } from './notification-body.ts';
import { failed, type NotificationSender } from './sender.ts';
import { signatureHeader, signWebhook } from './webhook-signature.ts';

/** What sending to a webhook needs. */
export interface WebhookSenderOptions {
  readonly destination: WebhookDestination;
  readonly secret: Uint8Array;
  readonly clock: Pick<Clock, 'now'>;
  readonly route?: HttpRoute;
}

/** A receiver has to take a notification, and not to work on it meanwhile. What it answers is thrown away. */
const limits: RequestLimits = {
  connectTimeoutMs: 5000,
  responseTimeoutMs: 10_000,
  totalTimeoutMs: 15_000,
  maxBytes: 1_048_576,
};

/** As long as the digest it keys; a shorter one could be guessed from one signed body. */
const leastSecretOctets = 16;

/**
 * Send to a server as JSON by POST, signed. Each notification is one request, and no redirect is followed.
 *
 * @throws {CertError} CONFIG_INVALID: not a URL, plain http to another host, a secret too short
 */
export function webhookSender(options: WebhookSenderOptions): NotificationSender {
  checkWebhook(options.destination, options.secret);
  return {
    send: async (notification, signal) => await post(options, notification, signal),
    async close() {},
  };
}

function checkWebhook({ name, url, allowPlainHttp }: WebhookDestination, secret: Uint8Array): void {
  const { origin } = parseHttpUrl(url);
  if (origin.startsWith('http:') && allowPlainHttp !== true && !isLoopback(origin)) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot use destination "${name}": "${url}" is plain http, and everybody between could read it`,
      { hint: 'Use https, or add plain-http where nobody can listen' },
    );
  }
  if (secret.length < leastSecretOctets) {
    throw new CertError(
      'CONFIG_INVALID',
      `Cannot use destination "${name}": its secret has ${secret.length} octets, and not ${leastSecretOctets} at the least`,
      { hint: 'Make one with "openssl rand -hex 32"' },
    );
  }
}

/** Addresses only: where a name leads is for others to say. */
function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin);
  return hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

async function post(
  { destination, secret, clock, route }: WebhookSenderOptions,
  notification: Notification,
  signal: AbortSignal | undefined,
): Promise<'acknowledged'> {
  const { name, url } = destination;
  const body = utf8(JSON.stringify(notificationBody(notification)));
  const connection = new Connection(parseHttpUrl(url).origin, route ?? {});
  const where = `"${name}"`;
  try {
    const { status } = await request({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'certkeeper',
        [signatureHeader]: signWebhook(body, secret, clock.now()),
      },
      body,
      connection,
      limits,
      ...(signal !== undefined && { signal }),
    });
    if (status >= 200 && status < 300) return 'acknowledged';
    throw failed(notification, where, `"${url}" answered HTTP status ${status}`, hintFor(status));
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'NOTIFICATION_FAILED') throw error;
    if (error.code === 'INTERNAL') throw error;
    const why = error.message.replace(/^Cannot /, 'cannot ');
    throw failed(notification, where, why, error.hint ?? 'Check the URL and the network');
  } finally {
    await connection.close();
  }
}

function hintFor(status: number): string {
  if (status >= 300 && status < 400) return 'Redirects are not followed: give the URL they lead to';
  if (status === 401 || status === 403) return 'Check that the receiver has the same secret';
  return 'See the log of the receiver';
}
