import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A query as it came. */
export interface Query {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** DER of the request, of a POST. */
  readonly body: Uint8Array;
}

/** Answers a query. */
export type Answer = (query: Query, out: ServerResponse) => void | Promise<void>;

/** An OCSP responder on loopback whose answers are set from outside. */
export interface MatrixResponder {
  readonly url: string;
  readonly port: number;
  /** Whoever asks from now on. */
  serve(answer: Answer): void;
  close(): Promise<void>;
}

/** Start it; it answers 503 until it is told something else. */
export async function startMatrixResponder(): Promise<MatrixResponder> {
  let answer: Answer = status(503);
  const server = createServer((incoming, out) => {
    // Whoever asked may be gone.
    out.on('error', () => {});
    const reply = async (): Promise<void> => {
      const { method = '', url: path = '', headers } = incoming;
      await answer({ method, path, headers, body: await bodyOf(incoming) }, out);
    };
    reply().catch((error: unknown) => out.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}/ocsp`,
    serve(next) {
      answer = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** Answer with octets, as a responder does. */
export function octets(body: Uint8Array, type: string = 'application/ocsp-response'): Answer {
  return (_query, out) => {
    out.writeHead(200, { 'content-type': type, 'content-length': body.length });
    out.end(body);
  };
}

/** Answer by HTTP status alone. */
export function status(code: number, location?: string): Answer {
  return (_query, out) =>
    void out.writeHead(code, location === undefined ? {} : { location }).end();
}

/** Close the connection in place of an answer, or after a part of one. */
export function drop(part?: Uint8Array): Answer {
  return (_query, out) => {
    if (part === undefined) {
      out.destroy();
      return;
    }
    out.writeHead(200, {
      'content-type': 'application/ocsp-response',
      'content-length': part.length * 2,
    });
    out.write(part, () => out.destroy());
  };
}

/** Never answer. */
export const silence: Answer = () => {};

/** Answer an octet at a time, and never come to the end. */
export function drip(body: Uint8Array): Answer {
  return async (_query, out) => {
    out.writeHead(200, {
      'content-type': 'application/ocsp-response',
      'content-length': body.length,
    });
    for (const octet of body.subarray(0, -1)) {
      if (out.destroyed) return;
      out.write(Uint8Array.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) if (chunk instanceof Buffer) chunks.push(chunk);
  return Buffer.concat(chunks);
}
