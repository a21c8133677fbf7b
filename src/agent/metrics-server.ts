import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import type { Health } from './health.ts';
import { closeNow, listenAt } from './listening.ts';

/** Where metrics are served. */
export interface MetricsPlace {
  /** An IP address. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Other addresses than those of the loopback may be listened on. */
  readonly isOpen: boolean;
}

/** What is served. */
export interface MetricsAnswers {
  /** Text in the format of Prometheus, part by part. */
  metrics(): Promise<{
    readonly contentType: string;
    readonly parts: AsyncIterable<string> | readonly string[];
  }>;
  ready(): Promise<Health>;
}

/** A server at work. */
export interface MetricsServer {
  /** Where it listens, as a URL. */
  readonly url: string;
  close(): Promise<void>;
}

/** A few Prometheus servers, and somebody who looks by hand. */
const maxConnections = 16;

/** A question is one line; whoever takes longer is not asking. */
const requestMs = 10_000;

/**
 * Serve `/metrics`, `/healthz` and `/readyz`. What is told names certificates and CAs, but is no secret; there is no
 * TLS and no password, and so nothing but the loopback, unless somebody says so.
 *
 * @throws {CertError} CONFIG_INVALID for an address that is not allowed or not to be had
 */
export async function serveMetrics(
  place: MetricsPlace,
  answers: MetricsAnswers,
): Promise<MetricsServer> {
  assertPlaceAllowed(place);
  const server = createServer(
    { requestTimeout: requestMs, headersTimeout: requestMs, maxHeaderSize: 8192 },
    (request, response) => void answer(request, response, answers),
  );
  server.maxConnections = maxConnections;
  const bound = await listenAt(server, place, {
    doing: 'serve metrics',
    hint: 'Choose another port: agent run metrics PORT',
  });
  return {
    url: `http://${hostPortText({ host: place.address, port: bound })}/metrics`,
    close: () => closeNow(server),
  };
}

/** Refuse a place that nobody said may be served. @throws {CertError} CONFIG_INVALID */
export function assertPlaceAllowed({ address, isOpen }: MetricsPlace): void {
  if (isIP(address) === 0) {
    throw new CertError('CONFIG_INVALID', `Cannot serve metrics on "${address}": not an address`, {
      hint: 'Give an IP address, such as 127.0.0.1',
    });
  }
  if (isOpen || isLoopback(address)) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot serve metrics on "${address}": it is not an address of the loopback`,
    {
      hint: 'Whoever reaches it can read the names of all certificates; if that is meant, add metrics-open',
    },
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answers: MetricsAnswers,
): Promise<void> {
  request.resume();
  const send = (status: number, text: string, contentType = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, {
      'content-type': contentType,
      'content-length': new TextEncoder().encode(text).length,
      'cache-control': 'no-store',
    });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(405, 'Only GET and HEAD\n');
    return;
  }
  const [path] = (request.url ?? '').split('?');
  try {
    switch (path) {
      case '/metrics': {
        const { contentType, parts } = await answers.metrics();
        await sendParts(request, response, contentType, parts);
        return;
      }
      case '/healthz':
        // That this is answered is the answer.
        send(200, 'ok\n');
        return;
      case '/readyz': {
        const { isReady, reason } = await answers.ready();
        send(isReady ? 200 : 503, `${reason ?? 'ready'}\n`);
        return;
      }
      default:
        send(404, 'There are /metrics, /healthz and /readyz\n');
    }
  } catch (error) {
    // Half of it is sent: that it ends without its end tells that the rest is missing.
    if (response.headersSent) response.destroy();
    else send(500, `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** Send part by part, none before the one before it was taken: all of it may be ten megabytes. */
async function sendParts(
  { method }: IncomingMessage,
  response: ServerResponse,
  contentType: string,
  parts: AsyncIterable<string> | readonly string[],
): Promise<void> {
  response.setTimeout(requestMs, () => response.destroy());
  const head = { 'content-type': contentType, 'cache-control': 'no-store' };
  if (method === 'HEAD') {
    response.writeHead(200, head).end();
    return;
  }
  for await (const part of parts) {
    if (response.destroyed) return;
    // Not before the first part is there: until then it can be said what is wrong.
    if (!response.headersSent) response.writeHead(200, head);
    if (!response.write(part)) await taken(response);
  }
  response.end();
}

function taken(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
