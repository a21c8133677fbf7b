import { createServer, type ServerOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { encodePem } from '../../src/asn1/pem.ts';
import type { TlsClientCertificate } from '../../src/http/route.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { issue, type Issued, type IssueOptions } from '../harness/certificates.ts';

/** Valid today, whenever that is: TLS looks at the real clock. */
const always = {
  notBefore: new Date('2020-01-01T00:00:00Z'),
  notAfter: new Date('2120-01-01T00:00:00Z'),
};

/** Issue a CA certificate that is valid now. */
export function issueCa(subject: string, issuer?: Issued): Issued {
  return issue({ subject, isCa: true, ...always, ...(issuer && { issuer }) });
}

/** Issue the certificate of a server or a client that is valid now. */
export function issueTls(
  issuer: Issued,
  names: readonly GeneralName[],
  more: Partial<IssueOptions> = {},
): Issued {
  return issue({
    subject: 'CN=tls,O=Test',
    issuer,
    ...always,
    ...(names.length > 0 && { extensions: [extension('subjectAltName', names)] }),
    ...more,
  });
}

/** Names of a server on loopback. */
export const loopbackNames: readonly GeneralName[] = [
  { type: 'iPAddress', value: Uint8Array.of(127, 0, 0, 1) },
  { type: 'dNSName', value: 'ra.example' },
];

/** DER of certificates. */
export function ders(...all: readonly Issued[]): readonly Uint8Array[] {
  return all.map(({ certificate }) => certificateDer(certificate));
}

/** PEM of certificates, as one text. */
export function pems(...all: readonly Issued[]): string {
  return ders(...all)
    .map((der) => encodePem('CERTIFICATE', der))
    .join('');
}

/** PEM of a private key. */
export function keyPem({ key }: Issued): string {
  return key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** A certificate with its key and chain, as a client shows it. */
export function shown(own: Issued, ...chain: readonly Issued[]): TlsClientCertificate {
  const pkcs8 = own.key.privateKey.export({ format: 'der', type: 'pkcs8' });
  return { pkcs8: Uint8Array.from(pkcs8), chain: ders(own, ...chain) };
}

/** An HTTPS server on loopback. */
export interface TlsServer {
  readonly url: string;
  readonly port: number;
  /** Requests that came, with the name asked for (SNI; `false` for none) and the client's commonName. */
  readonly seen: readonly {
    readonly headers: IncomingMessage['headers'];
    readonly serverName: string | false | null;
    readonly client: string | undefined;
  }[];
  /** Connections made so far, with or without a handshake that succeeded. */
  connections(): number;
  close(): Promise<void>;
}

/** Start an HTTPS server that answers "yes" to everything. */
export async function startTlsServer(options: ServerOptions): Promise<TlsServer> {
  const seen: TlsServer['seen'][number][] = [];
  let connections = 0;
  const server = createServer(options, (incoming, outgoing) => {
    const { socket, headers } = incoming;
    if (!(socket instanceof TLSSocket)) throw new Error('not TLS');
    const { subject } = socket.getPeerCertificate();
    seen.push({
      headers,
      serverName: socket.servername,
      client: subject === undefined ? undefined : String(subject.CN),
    });
    incoming.resume().on('end', () => outgoing.end('yes'));
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return {
    url: `https://127.0.0.1:${address.port}/`,
    port: address.port,
    seen,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
