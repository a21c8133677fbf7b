import {
  Agent,
  createServer,
  request,
  type IncomingHttpHeaders,
  type RequestListener,
} from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { TLSSocket } from 'node:tls';

/** Passes messages on over one connection that stays open, as a reverse proxy in front of a CA does. */
export interface Relay {
  readonly url: string;
  readonly port: number;
  /** What came, in order. */
  readonly seen: readonly RelayedRequest[];
  close(): Promise<void>;
}

/** A request a relay took. */
export interface RelayedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Of TLS: the name asked for (SNI), and the client's. */
  readonly serverName?: string | false | null;
  readonly client?: string;
}

/**
 * Start a relay on loopback, of any path. OpenSSL 3.0 forgets a transaction when its connection ends; behind a
 * relay it can be continued by another process, or come over several connections.
 *
 * @param tls to be spoken to in TLS
 */
export async function startRelay(target: string, tls?: ServerOptions): Promise<Relay> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const seen: RelayedRequest[] = [];
  const relay: RequestListener = (incoming, outgoing) => {
    const { method, headers, socket, url: path = '' } = incoming;
    const secured = socket instanceof TLSSocket && {
      serverName: socket.servername,
      client: String(socket.getPeerCertificate().subject?.CN),
    };
    seen.push({ path, headers, ...secured });
    const onward = request(target, {
      agent,
      method,
      headers: { ...headers, connection: 'keep-alive' },
    });
    onward.on('response', (response) => {
      // OpenSSL says HTTP/1.0, so that the length is what keeps the connection usable.
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  };
  const server = tls === undefined ? createServer(relay) : createSecureServer(tls, relay);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}/pkix/`,
    port: address.port,
    seen,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
