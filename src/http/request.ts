import type { ClientRequest, IncomingMessage } from 'node:http';
import { CertError } from '../base/errors.ts';
import { Connection } from './connection.ts';
import { errorCodeOf } from './connect-error.ts';
import { networkError } from './network-error.ts';
import { proxyDemand } from './proxy-error.ts';
import { parseHttpUrl } from './url.ts';

/** What a request may cost. Times are in milliseconds, sizes in octets. */
export interface RequestLimits {
  readonly connectTimeoutMs: number;
  /** From the request's last octet to the header of the response, and between two parts of its body. */
  readonly responseTimeoutMs: number;
  /** For everything together; without it a peer that trickles keeps the request alive for ever. */
  readonly totalTimeoutMs?: number;
  /** Longest body of a response. */
  readonly maxBytes: number;
}

/** One HTTP request. */
export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Connection to use; the caller closes it. Without one the request opens and closes its own. */
  readonly connection?: Connection;
  readonly limits: RequestLimits;
  readonly signal?: AbortSignal;
}

/** One HTTP response, read to its end. */
export interface HttpResponse {
  readonly status: number;
  /** By lower-case name; values of a repeated header are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /**
   * The connection broke in the body of an error status, and this is what came of it: who refuses a request
   * without reading it to its end resets the connection as he closes it.
   */
  readonly isCut?: true;
}

/** Longest delay a Node timer takes; above it, it would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Send one request and read the whole response, within limits. Header and body leave in one write with
 * Content-Length (two small writes cost about 40 ms through Nagle's algorithm and delayed ACKs; several
 * CMP servers have no chunked decoding). Any status is a response; redirects are not followed. A request
 * is never sent twice: after a failure nobody knows whether the peer acted on it, except that a
 * connection found closed before the request is written is replaced.
 *
 * @throws {CertError} CONFIG_INVALID, NETWORK_UNREACHABLE, NETWORK_TIMEOUT, TLS_UNTRUSTED, TLS_REFUSED,
 *   PROXY_REFUSED, RESPONSE_TOO_LARGE
 * @throws the reason of `signal`, when that was aborted
 */
export async function request(options: HttpRequest): Promise<HttpResponse> {
  const { origin } = parseHttpUrl(options.url);
  options.signal?.throwIfAborted();
  if (options.connection !== undefined) return exchange(options, options.connection);
  const connection = new Connection(origin);
  try {
    return await exchange(options, connection);
  } finally {
    await connection.close();
  }
}

async function exchange(options: HttpRequest, connection: Connection): Promise<HttpResponse> {
  const { limits, signal } = options;
  const deadline = new AbortController();
  const abort = (): void => deadline.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const { totalTimeoutMs } = limits;
  const timer =
    totalTimeoutMs === undefined
      ? undefined
      : setTimeout(() => deadline.abort(), Math.min(totalTimeoutMs, MAX_TIMER_MS));
  try {
    return await send(options, connection, deadline.signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CertError) throw error;
    const { isSecure, route } = connection;
    const failed = { url: options.url, ...limits, isSecure, route };
    throw networkError(error, failed, deadline.signal.aborted);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

async function send(
  options: HttpRequest,
  connection: Connection,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { limits } = options;
  const { origin, path } = parseHttpUrl(options.url);
  if (origin !== connection.origin) {
    throw new CertError(
      'INTERNAL',
      `Cannot ask "${origin}" over a connection to "${connection.origin}"`,
    );
  }
  const { method, body } = options;
  const outgoing = await connection.begin({
    url: options.url,
    path,
    method,
    // T1: with a length, or the body would leave in chunks.
    headers: { ...options.headers, ...(body && { 'content-length': body.length }) },
    connectTimeoutMs: Math.min(limits.connectTimeoutMs, MAX_TIMER_MS),
    signal,
  });
  const watch = watchOver(outgoing, limits);
  try {
    const answered = Promise.withResolvers<IncomingMessage>();
    outgoing.on('response', answered.resolve);
    // For the life of the request: what fails later than the response must not end the process.
    outgoing.on('error', answered.reject);
    // An answer that is none, such as 101, ends the request without another word.
    outgoing.on('close', () => answered.reject(closed()));
    // Header and body together, or they leave in two writes.
    outgoing.end(body);
    const incoming = await answered.promise;
    const { forwarder } = connection;
    if (incoming.statusCode === 407 && forwarder) {
      incoming.destroy();
      throw proxyDemand(options.url, forwarder, 407, incoming.headers['proxy-authenticate']);
    }
    return await readResponse(options, incoming, watch);
  } finally {
    watch.stop();
  }
}

/** Room for the body of a response that does not say how long it is. */
const FIRST_OCTETS = 16_384;

async function readResponse(
  options: HttpRequest,
  incoming: IncomingMessage,
  watch: Watch,
): Promise<HttpResponse> {
  const { maxBytes } = options.limits;
  const { socket } = incoming;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  const announced = Number(headers['content-length'] ?? 0);
  // R16: refused before any of it is read.
  if (announced > maxBytes) {
    incoming.destroy();
    throw tooLarge(options, `${announced} octets`);
  }
  let body = new Uint8Array(Math.min(announced || FIRST_OCTETS, maxBytes));
  let length = 0;
  let broken: unknown;
  try {
    // Leaving the loop early destroys the response, and with it the connection.
    for await (const chunk of chunksOf(incoming)) {
      watch.touch();
      const end = length + chunk.length;
      // R16: nobody fills our memory.
      if (end > maxBytes) throw tooLarge(options, 'more');
      if (end > body.length) {
        const grown = new Uint8Array(Math.min(Math.max(end, body.length * 2), maxBytes));
        grown.set(body.subarray(0, length));
        body = grown;
      }
      // Copied: a chunk of one octet is a view of 64 KiB that were read from the socket.
      body.set(chunk, length);
      length = end;
    }
  } catch (error) {
    // Why the connection broke says more than that it did.
    broken = socket.errored ?? error;
  }
  // A body without length ends with the connection, and Node.js takes any end for that.
  broken ??= socket.errored;
  const status = incoming.statusCode ?? 0;
  if (broken && !(status >= 400 && isReset(broken))) throw broken;
  return { status, headers, body: body.slice(0, length), ...(broken ? { isCut: true } : {}) };
}

function isReset(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'CLOSED';
}

function closed(): Error {
  return Object.assign(new Error('closed'), { code: 'CLOSED' });
}

async function* chunksOf(body: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
}

/** Ends a request in which nothing happens for too long, once it is connected. */
interface Watch {
  /** Something happened. */
  touch(): void;
  stop(): void;
}

function watchOver(outgoing: ClientRequest, { responseTimeoutMs }: RequestLimits): Watch {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    outgoing.destroy(Object.assign(new Error('SILENCE'), { code: 'SILENCE' }));
  };
  // T6: nothing is sent again; who called decides.
  outgoing.once('socket', () => {
    timer = setTimeout(end, Math.min(responseTimeoutMs, MAX_TIMER_MS));
  });
  outgoing.once('finish', () => timer?.refresh());
  return { touch: () => timer?.refresh(), stop: () => clearTimeout(timer) };
}

function tooLarge(options: HttpRequest, size: string): CertError {
  return new CertError(
    'RESPONSE_TOO_LARGE',
    `Cannot read the response of "${options.url}": ${size}, at most ${options.limits.maxBytes} octets are taken`,
    { hint: 'Check that the URL is that of the service and not of a download' },
  );
}
