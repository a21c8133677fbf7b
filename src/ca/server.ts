import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import type { FaultPlan } from './fault.ts';
import { bodyOf } from './request-body.ts';
import { serveStatus, type StatusServed } from './serve-status.ts';

/** A lab that serves. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Stop serving; open connections are cut. */
  close(): Promise<void>;
}

/** What a lab does over HTTP beside answering messages. */
export interface Served {
  readonly faults?: FaultPlan | undefined;
  readonly status?: StatusServed;
}

/** No request of a lab comes near this. */
const MAX_BODY_OCTETS = 1 << 20;
/** A client that sends nothing more is let go. */
const REQUEST_TIMEOUT_MS = 30_000;

// RFC 9811 section 3.4 with the labels of RFC 9483 section 6.1, and the path gateways and OpenSSL's own server use.
const paths =
  /^\/(?:pkix\/?|\.well-known\/cmp(?:\/p\/[^/]+)?(?:\/(?:initialization|certification|keyupdate|pkcs10|revocation|getcacerts|getrootupdate|getcertreqtemplate|getcrls))?\/?)?$/;

/**
 * Serve CMP over HTTP (RFC 9811).
 *
 * @param address the loopback addresses when absent
 * @throws {CertError} CONFIG_INVALID when the port is taken
 */
export async function listen(
  handle: (der: Uint8Array) => Promise<Uint8Array>,
  port: number,
  address?: string,
  more: Served = {},
): Promise<Listening> {
  const host = address ?? '127.0.0.1';
  const first = await open(handle, host, port, more);
  const { port: bound } = addressOf(first);
  // Where a machine has no IPv6, IPv4 does.
  const second =
    address === undefined
      ? await open(handle, '::1', bound, more).catch(() => undefined)
      : undefined;
  const servers = second ? [first, second] : [first];
  return {
    url: `http://${hostPortText({ host, port: bound })}/pkix/`,
    port: bound,
    async close() {
      await Promise.all(servers.map(shut));
    },
  };
}

async function open(
  handle: (der: Uint8Array) => Promise<Uint8Array>,
  host: string,
  port: number,
  more: Served,
): Promise<Server> {
  const server = createServer((request, response) => {
    void serve(request, response, handle, more);
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host }, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new CertError('CONFIG_INVALID', `Cannot listen on ${host} port ${port}: ${why(cause)}`, {
      cause,
      hint: 'Name another port, or 0 for a free one',
    });
  }
  return server;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (der: Uint8Array) => Promise<Uint8Array>,
  { faults, status }: Served,
): Promise<void> {
  try {
    if (status && (await serveStatus(request, response, status))) return;
    const path = new URL(request.url ?? '/', 'http://lab').pathname;
    if (!paths.test(path)) return refuse(response, 404, `There is no CMP service at ${path}`);
    if (request.method !== 'POST') {
      response.setHeader('allow', 'POST');
      return refuse(response, 405, 'CMP messages come by POST');
    }
    const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/pkixcmp') {
      return refuse(response, 415, 'Content-Type is to be application/pkixcmp');
    }
    const body = await bodyOf(request, MAX_BODY_OCTETS);
    if (!body) {
      response.setHeader('connection', 'close');
      return refuse(response, 413, `The message is longer than ${MAX_BODY_OCTETS} octets`);
    }
    const fault = faults?.takeForExchange(body);
    if (!fault) return answer(response, 200, 'application/pkixcmp', await handle(body));
    await fault.exchange({
      response,
      handle: () => handle(body),
      answer: (...parts) => answer(response, ...parts),
    });
  } catch (thrown) {
    if (response.headersSent || response.destroyed) response.destroy();
    else refuse(response, 500, thrown instanceof Error ? thrown.message : 'The lab failed');
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  answer(response, status, 'text/plain; charset=utf-8', Buffer.from(`${text}\n`));
}

/** Header and body leave in one write: in two, OpenSSL's client waits for its delayed acknowledgement. */
function answer(response: ServerResponse, status: number, type: string, body: Uint8Array): void {
  response.writeHead(status, { 'content-type': type, 'content-length': body.length });
  response.end(body);
}

function addressOf(server: Server): { readonly port: number } {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new CertError('INTERNAL', 'Cannot tell the port of the lab');
  }
  return address;
}

async function shut(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}

function why(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') return 'it is taken';
  if (code === 'EACCES') return 'permission denied';
  return cause instanceof Error ? cause.message : String(cause);
}
