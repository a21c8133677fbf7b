/**
 * An HTTP server in another network namespace, whose answers come from the process that started it: a request is sent
 * there as a message, and so is what is answered. Words: address, port.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What it says to whoever started it. */
export type FarMessage =
  | { readonly type: 'listens' }
  | { readonly type: 'closed' }
  | {
      readonly type: 'request';
      readonly id: number;
      readonly method: string;
      readonly path: string;
      readonly body: Uint8Array;
    };

/** What it is told. */
export type FarOrder =
  | { readonly type: 'listen' }
  /** Nobody is there any more: connections are refused. */
  | { readonly type: 'close' }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly status: number;
      readonly contentType: string;
      readonly body: Uint8Array;
    }
  /** The connection ends without an answer. */
  | { readonly type: 'reset'; readonly id: number };

const [address, port] = process.argv.slice(2);
const waiting = new Map<number, ServerResponse>();
let last = 0;

const server = createServer((incoming, out) => {
  // Whoever asked may be gone.
  out.on('error', () => {});
  const { method = '', url: path = '' } = incoming;
  const id = ++last;
  waiting.set(id, out);
  out.once('close', () => waiting.delete(id));
  bodyOf(incoming).then(
    (body) => say({ type: 'request', id, method, path, body }),
    () => out.destroy(),
  );
});

process.on('message', (order: FarOrder) => {
  switch (order.type) {
    case 'listen':
      server.listen(Number(port), address, () => say({ type: 'listens' }));
      return;
    case 'close':
      server.close(() => say({ type: 'closed' }));
      server.closeAllConnections();
      return;
    case 'reset':
      waiting.get(order.id)?.destroy();
      return;
    case 'answer': {
      const { status, contentType, body } = order;
      const out = waiting.get(order.id);
      out?.writeHead(status, { 'content-type': contentType, 'content-length': body.length });
      out?.end(body);
      return;
    }
  }
});
process.on('disconnect', () => process.exit());

function say(message: FarMessage): void {
  process.send?.(message);
}

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (chunk instanceof Buffer) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
