import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { CertError } from '../base/errors.ts';
import { hostPortText } from '../base/host-port.ts';
import { connectError } from './connect-error.ts';
import { proxyAuthorization, type Endpoint, type HttpProxy } from './route.ts';
import { proxyDemand, proxyRefused } from './proxy-error.ts';

/**
 * Have a proxy connect an open socket through to a server (RFC 9110 section 9.3.6).
 *
 * @returns the same socket: what is written to it from now on reaches the server
 * @throws {CertError} PROXY_REFUSED, NETWORK_UNREACHABLE
 */
export async function openTunnel(
  socket: Socket,
  { host, port }: Endpoint,
  proxy: HttpProxy,
  url: string,
): Promise<Socket> {
  const authority = hostPortText({ host, port });
  const outgoing = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...proxyAuthorization(proxy) },
    createConnection: () => socket,
  });
  const answered = Promise.withResolvers<{ incoming: IncomingMessage; head: Uint8Array }>();
  // Of any status: the answer to CONNECT has no body that could be told from the tunnel.
  outgoing.once('connect', (incoming: IncomingMessage, _socket, head: Uint8Array) => {
    answered.resolve({ incoming, head });
  });
  outgoing.on('error', answered.reject);
  outgoing.once('close', () => {
    answered.reject(Object.assign(new Error('closed'), { code: 'CLOSED' }));
  });
  outgoing.end();
  try {
    const { incoming, head } = await answered.promise;
    const status = incoming.statusCode ?? 0;
    if (status === 401 || status === 407) {
      throw proxyDemand(url, proxy, status, incoming.headers['proxy-authenticate']);
    }
    if (status < 200 || status > 299) throw proxyRefused(url, proxy, status, authority);
    if (head.length > 0) socket.unshift(head);
    return socket;
  } catch (error) {
    if (error instanceof CertError) throw error;
    throw connectError(error, { url, route: { proxy } });
  }
}
