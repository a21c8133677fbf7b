import type { Socket } from 'node:net';
import { hostPortText } from '../base/host-port.ts';
import { dial } from '../http/dial.ts';
import type { TlsSettings } from '../http/route.ts';
import { makeTlsClient } from '../http/secure.ts';
import type { RetrievalLimits } from './retriever.ts';

/** Where to connect to, and for whom. */
export interface Target {
  readonly host: string;
  readonly port: number;
  /** For messages. */
  readonly url: string;
  readonly limits: RetrievalLimits;
  /** Connect under TLS. */
  readonly tls?: TlsSettings;
  readonly signal: AbortSignal;
}

/**
 * Connect to a server, by the same code that http uses.
 *
 * @returns a socket that is destroyed when the signal is aborted
 * @throws {CertError} NETWORK_UNREACHABLE, NETWORK_TIMEOUT, TLS_UNTRUSTED, TLS_REFUSED, CONFIG_INVALID
 */
export async function connectTo({ host, port, url, limits, tls, signal }: Target): Promise<Socket> {
  // A scheme that has no default port, because the URL parser would drop that.
  const origin = `tcp://${hostPortText({ host, port })}`;
  const socket = await dial({
    url,
    origin,
    route: tls === undefined ? {} : { tls },
    secure: tls === undefined ? undefined : makeTlsClient(origin, tls),
    timeoutMs: limits.connectTimeoutMs,
    signal,
  });
  const destroy = (): void => void socket.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  if (signal.aborted) destroy();
  return socket;
}
