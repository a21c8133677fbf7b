import { Agent, request, type ClientRequest } from 'node:http';
import { Socket } from 'node:net';
import { invariant } from '../base/errors.ts';
import { dial } from './dial.ts';
import { parseProxyUrl, proxyAuthorization, type HttpProxy, type HttpRoute } from './route.ts';
import { makeTlsClient, type TlsClient } from './secure.ts';

/** A request as far as it concerns the connection it leaves on. */
export interface BeginOptions {
  readonly url: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  /** For a connection to be made, in milliseconds. */
  readonly connectTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * How long an unused connection is kept. Short, because a server that serves one connection at a time
 * (OpenSSL's) keeps everybody else waiting for as long as ours is open.
 */
const IDLE_MS = 4_000;

/**
 * One keep-alive connection to one origin, reused by the requests of a transaction and closed by its
 * owner. Never more than one socket at a time: some CMP servers answer a second one only when the first
 * is gone. When the server has closed it (or said `Connection: close`) the next request opens another.
 */
export class Connection {
  readonly origin: string;
  readonly route: HttpRoute;
  /** Whether TLS protects what is sent. */
  readonly isSecure: boolean;
  /** The proxy that takes plain http for the server, and may answer for it. */
  readonly forwarder: HttpProxy | undefined;
  readonly #agent: Agent;
  readonly #secure: TlsClient | undefined;
  #current: BeginOptions | undefined;

  /** @throws {CertError} CONFIG_INVALID for a proxy that is none */
  constructor(origin: string, route: HttpRoute = {}) {
    this.origin = origin;
    this.route = route;
    if (route.proxy) parseProxyUrl(route.proxy.url);
    this.isSecure = origin.startsWith('https:');
    this.forwarder =
      this.isSecure || route.proxy?.connectsAlways === true ? undefined : route.proxy;
    this.#secure = this.isSecure ? makeTlsClient(origin, route.tls) : undefined;
    // Without proxyEnv: which way a request goes is said by the settings, not by who started the process.
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, timeout: IDLE_MS });
    this.#agent.createConnection = (_options, callback) => {
      void this.#dial().then(
        (socket) => callback?.(null, socket),
        // With an error the socket is not looked at.
        (error: unknown) =>
          callback?.(error instanceof Error ? error : new Error('aborted'), new Socket()),
      );
      return undefined;
    };
  }

  /** Begin a request; the caller ends it. */
  async begin(options: BeginOptions): Promise<ClientRequest> {
    if (this.#current) {
      // Let the event loop look at the socket (it polls between the two), for the server may have closed
      // it while we were busy, and a request written to it then would be lost.
      await turn();
      await turn();
    }
    this.#current = options;
    const { method, path, headers, signal } = options;
    const { forwarder } = this;
    return request({
      agent: this.#agent,
      method,
      // RFC 9112 section 3.2.2: a proxy is told the whole of it.
      path: forwarder ? `${this.origin}${path}` : path,
      headers: {
        host: new URL(this.origin).host,
        ...headers,
        ...(forwarder && proxyAuthorization(forwarder)),
      },
      signal,
    });
  }

  /** Close the socket now; a request still under way fails. */
  async close(): Promise<void> {
    this.#agent.destroy();
  }

  async #dial(): Promise<Socket> {
    invariant(this.#current !== undefined, 'a connection is for a request');
    const { url, connectTimeoutMs, signal } = this.#current;
    return await dial({
      url,
      origin: this.origin,
      route: this.route,
      secure: this.#secure,
      timeoutMs: connectTimeoutMs,
      signal,
    });
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
