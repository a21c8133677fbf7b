import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { constants } from 'node:crypto';
import { TLSSocket, type SecureContextOptions } from 'node:tls';
import { concatBytes, toHex } from '../base/bytes.ts';
import type { Label } from '../base/label.ts';
import { encodePem } from '../asn1/pem.ts';
import { digest } from '../crypto/digest.ts';
import { findProfile } from '../lifecycle/authority.ts';
import type { ServingContext } from '../lifecycle/serve-certificate.ts';
import { tlsCertificate } from '../lifecycle/tls-certificate.ts';
import { answerNode, type Answer, type NodeContext } from './answer-node.ts';
import { closeNow, listenAt } from './listening.ts';
import { requestCounter } from './request-counter.ts';

/** Where other agents are served, and by what both sides are known. */
export interface ServingPlace {
  /** 0: any that is free. */
  readonly port: number;
  /** An IP address; all there are when absent. */
  readonly address?: string;
  /** Certificate of this node, as it is current from time to time. */
  readonly certificate: Label;
  /** CA profile that the certificates of other nodes lead to. */
  readonly ca: Label;
}

/** A server at work. */
export interface NameServer {
  /** That it listens on. */
  readonly port: number;
  /** Take up a renewed certificate or changed roots; connections that are there stay as they are. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** More nodes than a cluster has, all at the same moment. */
const maxConnections = 64;

/** Of one address, so that a stranger does not take them all; nodes behind one translated address share these. */
const maxConnectionsEach = 16;

/**
 * Connections on which no node has shown its certificate yet: the other half of the places is for those that have. The
 * one that is waited for longest goes for a new one, so that whoever is quick comes in among any number of silent ones.
 */
const maxUnknown = maxConnections / 2;

/** How long others may take, in milliseconds. */
export interface ServingTimes {
  /** For TLS, from the first octet until the certificate of the node has been judged. */
  readonly handshakeMs: number;
  /** For a connection, from its first octet to its last. */
  readonly connectionMs: number;
  /** For a request to come in. */
  readonly requestMs: number;
}

/** A question and an answer fit into one round trip each. */
const usualTimes: ServingTimes = {
  handshakeMs: 5000,
  connectionMs: 20_000,
  requestMs: 10_000,
};

/**
 * Serve the certificates of names to the agents of other nodes, over TLS 1.3 with certificates on both sides. Whoever has
 * none that leads to a root of the CA does not come to ask at all.
 *
 * @throws {CertError} CA_UNKNOWN, CERT_UNKNOWN, KEY_UNUSABLE, CONFIG_INVALID for a place that is not to be had
 */
export async function serveNames(
  context: ServingContext,
  place: ServingPlace,
  times: ServingTimes = usualTimes,
): Promise<NameServer> {
  const { log } = context;
  const { requestMs } = times;
  let credentials = await credentialsOf(context, place);
  const serving: NodeContext = { ...context, ca: place.ca, count: requestCounter(context.clock) };
  const server = createServer(
    {
      ...credentials.options,
      requestCert: true,
      // Written out: NODE_TLS_REJECT_UNAUTHORIZED would change the default.
      rejectUnauthorized: true,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: times.handshakeMs,
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: 2_000,
      maxHeaderSize: 4096,
    },
    (request, response) => {
      answer(serving, request).then(
        (said) => send(response, said),
        () => request.socket.destroy(),
      );
    },
  );
  server.maxConnections = maxConnections;
  server.maxRequestsPerSocket = 1;
  limitConnections(server, times);
  server.on('tlsClientError', (error, socket) => {
    log.debug(
      `an agent at ${addressOf(socket)} was not let in: ${error.message.split('\n')[0] ?? ''}`,
    );
  });
  const port = await listenAt(server, place, {
    doing: 'serve other agents',
    hint: 'Choose another port or address: agent run serve PORT serve-address IP',
  });
  server.on('error', (error) => log.warn(`other agents cannot be served: ${error.message}`));
  return {
    port,
    async refresh() {
      const now = await credentialsOf(context, place);
      if (now.id === credentials.id) return;
      server.setSecureContext(now.options);
      credentials = now;
      log.info(`other agents are served with the certificate "${place.certificate}" as it is now`);
    },
    close: () => closeNow(server),
  };
}

function pem(der: Uint8Array): string {
  return encodePem('CERTIFICATE', der);
}

interface Credentials {
  /** The same for the same certificates. */
  readonly id: string;
  readonly options: SecureContextOptions;
}

async function credentialsOf(
  { store }: Pick<ServingContext, 'store'>,
  { certificate, ca }: ServingPlace,
): Promise<Credentials> {
  const { shown } = await tlsCertificate(
    store,
    certificate,
    'serve other agents',
    'Name another one with serve-cert: a certificate of this node, with its key',
  );
  const { roots } = await findProfile(store, ca);
  return {
    id: toHex(digest('sha256', concatBytes(...shown.chain, ...roots))),
    options: {
      key: encodePem('PRIVATE KEY', shown.pkcs8),
      cert: shown.chain.map(pem).join(''),
      ca: roots.map(pem),
      // RFC 5280 section 6.1.1 (d): what is trusted need not be self-signed.
      allowPartialTrustChain: true,
      // Both sides are ours. Certificates of nodes are then encrypted, too.
      minVersion: 'TLSv1.3',
      // Nothing is resumed: who has come in is judged anew each time.
      secureOptions: constants.SSL_OP_NO_TICKET,
    },
  };
}

async function answer(context: NodeContext, request: IncomingMessage): Promise<Answer> {
  const { socket, method = '', url = '' } = request;
  const shown = socket instanceof TLSSocket && socket.authorized && socket.getPeerX509Certificate();
  // Cannot be: without one, nobody gets here.
  if (!shown) return { status: 403, text: 'No' };
  return await answerNode(context, {
    address: addressOf(socket),
    shown: Uint8Array.from(shown.raw),
    what: `${method} ${url}`,
    body: request,
  });
}

/** An IPv4 address that came to a socket for both kinds is written as one. */
function addressOf({ remoteAddress = 'an unknown address' }: Socket): string {
  return remoteAddress.replace(/^::ffff:(?=[\d.]+$)/, '');
}

function send(response: ServerResponse, said: Answer): void {
  const body = said.status === 200 ? said.der : new TextEncoder().encode(`${said.text}\n`);
  response.writeHead(said.status, {
    'content-type': said.status === 200 ? 'application/octet-stream' : 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(body);
}

/**
 * Bound how many connections one address has, how many there are of nobody known, and how long each lasts, whatever is
 * done on it.
 */
function limitConnections(server: Server, { handshakeMs, connectionMs }: ServingTimes): void {
  const counts = new Map<string, number>();
  // In the order they came in.
  const unknown = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const address = addressOf(socket);
    const count = (counts.get(address) ?? 0) + 1;
    if (count > maxConnectionsEach) {
      socket.destroy();
      return;
    }
    counts.set(address, count);
    const end = endOf(socket);
    const [oldest] = unknown;
    if (oldest !== undefined && unknown.size >= maxUnknown) {
      unknown.delete(oldest[0]);
      oldest[1].destroy();
    }
    unknown.set(end, socket);
    const timers = [
      setTimeout(() => unknown.get(end) === socket && socket.destroy(), handshakeMs),
      setTimeout(() => socket.destroy(), connectionMs),
    ];
    socket.once('close', () => {
      for (const timer of timers) clearTimeout(timer);
      if (unknown.get(end) === socket) unknown.delete(end);
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
  });
  server.on('secureConnection', (socket) => unknown.delete(endOf(socket)));
}

/** TLS is spoken on another socket object than the connection came with; the other end of both is one. */
function endOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
