import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import type { WebhookDestination } from '../../src/traps/destination.ts';
import type { NotificationSender } from '../../src/traps/sender.ts';
import { webhookSender } from '../../src/traps/webhook-sender.ts';
import { signWebhook, verifyWebhook } from '../../src/traps/webhook-signature.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { sample } from './samples.ts';

const secretText = 'a secret of 32 characters or so.';
const secret = utf8(secretText);
const clock = fakeClock(new Date('2026-12-01T12:00:00Z'));
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly method: string | undefined;
  readonly body: string;
}

async function listen(
  status: number,
  headers: Record<string, string> = {},
): Promise<{ readonly url: string; readonly posted: Posted[] }> {
  const posted: Posted[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      posted.push({ headers: request.headers, method: request.method, body });
      response.writeHead(status, headers).end('thanks');
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return { url: `http://127.0.0.1:${port}/hook?x=1`, posted };
}

function sender(url: string, more: Partial<WebhookDestination> = {}): NotificationSender {
  return webhookSender({
    destination: { type: 'webhook', name: 'chat', url, ...more },
    secret,
    clock,
  });
}

describe('webhookSender()', () => {
  it('posts JSON with a signature that others can check', async () => {
    const { url, posted } = await listen(204);
    expect(await sender(url).send(sample())).toBe('acknowledged');
    const [{ headers, method, body } = { headers: {}, method: '', body: '' }] = posted;
    expect(method).toBe('POST');
    expect(headers['content-type']).toBe('application/json');
    const mac = createHmac('sha256', secretText).update(`1796126400.${body}`).digest('hex');
    expect(headers['certkeeper-signature']).toBe(`t=1796126400,v1=${mac}`);
    expect(JSON.parse(body)).toMatchObject({
      schemaVersion: 1,
      notification: 'clmCertAboutToExpire',
      sequence: 41,
      severity: 'warning',
      at: '2027-02-25T00:00:00Z',
      certificate: {
        index: 7,
        name: 'gw1',
        serialNumber: '00d1f39a',
        notAfter: '2027-03-01T00:00:00Z',
      },
      reason: 'badPOP',
      nextAttempt: '2027-02-25T06:00:00Z',
      alarm: 'expiry certificate 7',
      suppressed: 2,
    });
    expect(body).not.toContain(secretText);
  });

  it.each([
    [302, 'Redirects are not followed'],
    [403, 'same secret'],
    [500, 'log of the receiver'],
  ])('fails with status %d', async (status, hint) => {
    const { url, posted } = await listen(status, { location: 'http://127.0.0.1:1/' });
    await expect(sender(url).send(sample())).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
      message: `Cannot send clmCertAboutToExpire to "chat": "${url}" answered HTTP status ${status}`,
      hint: expect.stringContaining(hint),
    });
    expect(posted).toHaveLength(1);
  });

  it('fails when nobody listens', async () => {
    const { url } = await listen(200);
    const [server] = servers.splice(0);
    await new Promise((resolve) => server?.close(resolve));
    await expect(sender(url).send(sample())).rejects.toMatchObject({
      code: 'NOTIFICATION_FAILED',
      message: expect.stringMatching(
        /^Cannot send clmCertAboutToExpire to "chat": cannot connect /,
      ),
    });
  });

  it('can be told to stop', async () => {
    const { url } = await listen(200);
    const stopped = sender(url).send(sample(), AbortSignal.abort(new Error('enough')));
    await expect(stopped).rejects.toThrow('enough');
  });

  it.each(['http://hooks.example/x', 'http://localhost/x', 'http://127.0.0.1.example/'])(
    'refuses plain http to %s, unless it is allowed',
    (url) => {
      expect(() => sender(url)).toThrow('plain http');
      expect(() => sender(url, { allowPlainHttp: true })).not.toThrow();
    },
  );

  it('takes https, and plain http on loopback', () => {
    for (const url of ['https://hooks.example/x', 'http://[::1]:8080/x', 'http://127.0.0.53/'])
      expect(() => sender(url)).not.toThrow();
  });

  it('refuses a short secret without showing it', () => {
    const destination = { type: 'webhook', name: 'chat', url: 'https://h.example/' } as const;
    expect(() => webhookSender({ destination, secret: utf8('short'), clock })).toThrow(
      'Cannot use destination "chat": its secret has 5 octets, and not 16 at the least',
    );
  });
});

describe('verifyWebhook()', () => {
  const body = utf8('{"sequence":1}');
  const now = clock.now();
  const header = signWebhook(body, secret, now);

  it('takes what signWebhook() made, for five minutes', () => {
    expect(verifyWebhook(header, body, secret, now)).toBe(true);
    expect(verifyWebhook(header, body, secret, new Date(now.getTime() + 299_000))).toBe(true);
    expect(verifyWebhook(header, body, secret, new Date(now.getTime() + 301_000))).toBe(false);
    expect(verifyWebhook(header, body, secret, new Date(now.getTime() - 301_000))).toBe(false);
  });

  it('takes nothing else', () => {
    const later = header.replace(/t=\d+/, `t=${Math.floor(now.getTime() / 1000) + 1}`);
    expect(verifyWebhook(header, utf8('{"sequence":2}'), secret, now)).toBe(false);
    expect(verifyWebhook(header, body, utf8('another secret'), now)).toBe(false);
    for (const bad of [later, '', 'v1=00', header.slice(0, -1), `${header}0`])
      expect(verifyWebhook(bad, body, secret, now)).toBe(false);
  });
});
