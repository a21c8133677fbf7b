import { connect, type Socket } from 'node:net';
import { connectError } from './connect-error.ts';
import { endpointOf, parseProxyUrl, type Endpoint, type HttpRoute } from './route.ts';
import type { TlsClient } from './secure.ts';
import { openTunnel } from './tunnel.ts';

/** One attempt to connect. */
export interface Call {
  /** Of the request, for messages. */
  readonly url: string;
  readonly origin: string;
  readonly route: HttpRoute;
  /** TLS to the server, if it is to be had. */
  readonly secure: TlsClient | undefined;
  /** For all of it together: name, TCP, proxy and TLS. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The latest of the sockets of an attempt, and its end by force. */
interface Attempt {
  socket: Socket | undefined;
  isExpired: boolean;
}

/**
 * Connect to a server: TCP to it or to its proxy, a tunnel through that for https, TLS.
 *
 * @returns a socket on which the first request can be written at once
 * @throws {CertError} NETWORK_UNREACHABLE, NETWORK_TIMEOUT, PROXY_REFUSED, TLS_UNTRUSTED, TLS_REFUSED,
 *   CONFIG_INVALID
 * @throws whatever comes of it when `signal` is aborted
 */
export async function dial(call: Call): Promise<Socket> {
  const { timeoutMs, signal, secure } = call;
  const attempt: Attempt = { socket: undefined, isExpired: false };
  const timer = setTimeout(() => {
    attempt.isExpired = true;
    attempt.socket?.destroy(new Error('timeout'));
  }, timeoutMs);
  const abort = (): void => void attempt.socket?.destroy(new Error('aborted'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    const tcp = await reach(call, attempt);
    if (secure === undefined) return tcp;
    const { socket, ready } = secure.wrap(tcp, call.url);
    attempt.socket = socket;
    return await ready;
  } catch (error) {
    attempt.socket?.destroy();
    if (signal.aborted || !attempt.isExpired) throw error;
    throw connectError({ code: 'CONNECT_TIMEOUT' }, call);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/** Get octets through to the server, or to the proxy that takes plain http for it. */
async function reach(call: Call, attempt: Attempt): Promise<Socket> {
  const { proxy, address } = call.route;
  const target = endpointOf(call.origin);
  if (proxy === undefined) {
    return await open(
      { ...target, ...(address !== undefined && { host: address }) },
      call,
      attempt,
    );
  }
  const socket = await open(endpointOf(parseProxyUrl(proxy.url)), call, attempt);
  if (!call.secure && proxy.connectsAlways !== true) return socket;
  return await openTunnel(socket, target, proxy, call.url);
}

async function open(to: Endpoint, call: Call, attempt: Attempt): Promise<Socket> {
  const socket = connect({ ...to, noDelay: true });
  attempt.socket = socket;
  // Whoever has the socket at the time looks at it; nobody looking must not end the process.
  socket.on('error', () => {});
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
  } catch (error) {
    throw connectError(error, call);
  }
  return socket;
}
