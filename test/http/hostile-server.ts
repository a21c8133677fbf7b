import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP server on loopback that answers as a test says, octet by octet. */
export interface HostileServer {
  readonly port: number;
  readonly url: string;
  /** Connections accepted so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Start a server; `answer` is called with the socket of each new connection and its number, from 1. */
export async function openHostileServer(
  answer: (socket: Socket, number: number) => void,
): Promise<HostileServer> {
  const open = new Set<Socket>();
  let count = 0;
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    count += 1;
    answer(socket, count);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server.address());
  return {
    port,
    url: `http://127.0.0.1:${port}/pkix/`,
    connections: () => count,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** Call back with each whole request that arrives on a socket, header and body together as Latin-1. */
export function onRequest(socket: Socket, answer: (text: string) => void): void {
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    const length = Number(/^content-length: (\d+)\r$/im.exec(text)?.[1] ?? 0);
    if (end === -1 || text.length < end + 4 + length) return;
    const whole = text;
    text = '';
    answer(whole);
  });
}

/** Write a response header and body as one text. */
export function responseText(
  body: string,
  headers: Readonly<Record<string, string>> = {},
  status = '200 OK',
): string {
  const all = { 'Content-Length': String(body.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`;
}

/** A port on which nothing listens. */
export async function unusedPort(): Promise<number> {
  const server = await openHostileServer(() => {});
  await server.close();
  return server.port;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}
