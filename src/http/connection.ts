import { buildConnector, Client } from 'undici';

/** How a connection is made. */
export interface ConnectionSettings {
  /** Certificates in PEM to trust for https instead of the system's. */
  readonly ca?: readonly string[];
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
  readonly #client: Client;
  #connectTimeoutMs = 0;
  #wasUsed = false;

  constructor(origin: string, settings: ConnectionSettings = {}) {
    this.origin = origin;
    // No HTTP/2: certificate authorities speak HTTP/1.1, and one exchange at a time gains nothing.
    const options = {
      allowH2: false,
      ...(settings.ca === undefined ? {} : { ca: [...settings.ca] }),
    };
    this.#client = new Client(origin, {
      allowH2: false,
      keepAliveTimeout: IDLE_MS,
      // The time to connect belongs to the request that needs the connection.
      connect: (target, done) => {
        buildConnector({ ...options, timeout: this.#connectTimeoutMs })(target, done);
      },
    });
  }

  /** Lend the client for one request, with the connect timeout that holds if it has to connect. */
  async client(connectTimeoutMs: number): Promise<Client> {
    this.#connectTimeoutMs = connectTimeoutMs;
    if (this.#wasUsed) {
      // Let the event loop look at the socket (it polls between the two), for the server may have closed
      // it while we were busy, and a request written to it then would be lost.
      await turn();
      await turn();
    }
    this.#wasUsed = true;
    return this.#client;
  }

  /** Close the socket now; a request still under way fails. */
  async close(): Promise<void> {
    if (!this.#client.destroyed) await this.#client.destroy();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
