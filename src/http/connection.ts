import { Agent, request, type ClientRequest, type RequestOptions } from 'node:http';

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
  /** Whether TLS has to be up as well before a request can leave. */
  readonly isSecure: boolean;
  readonly #agent: Agent;
  readonly #request: typeof request;
  #wasUsed = false;

  constructor(origin: string, { ca }: ConnectionSettings = {}) {
    this.origin = origin;
    this.isSecure = origin.startsWith('https:');
    const options = { keepAlive: true, maxSockets: 1, timeout: IDLE_MS };
    if (this.isSecure) {
      // Loaded here, because most CMP is plain http and TLS takes longer to load than all of http.
      const https = process.getBuiltinModule('node:https');
      this.#agent = new https.Agent({ ...options, ...(ca !== undefined && { ca: [...ca] }) });
      this.#request = https.request;
    } else {
      this.#agent = new Agent(options);
      this.#request = request;
    }
  }

  /** Begin a request; the caller ends it. */
  async begin(options: RequestOptions): Promise<ClientRequest> {
    if (this.#wasUsed) {
      // Let the event loop look at the socket (it polls between the two), for the server may have closed
      // it while we were busy, and a request written to it then would be lost.
      await turn();
      await turn();
    }
    this.#wasUsed = true;
    return this.#request(this.origin, { ...options, agent: this.#agent });
  }

  /** Close the socket now; a request still under way fails. */
  async close(): Promise<void> {
    this.#agent.destroy();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
