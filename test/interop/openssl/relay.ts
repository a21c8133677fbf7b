import { Agent, createServer, request } from 'node:http';

/** Passes messages on over one connection that stays open, as a reverse proxy in front of a CA does. */
export interface Relay {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Start a relay on loopback. OpenSSL 3.0 forgets a transaction when its connection ends; behind a relay
 * it can be continued by another process.
 */
export async function startRelay(target: string): Promise<Relay> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
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
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return {
    url: `http://127.0.0.1:${address.port}/pkix/`,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
