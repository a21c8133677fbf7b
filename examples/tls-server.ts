/**
 * An HTTPS server that judges its clients by certkeeper: path, purpose, OCSP and CRLs. Nothing of a client that is refused
 * is read, and nothing is sent to it. The second half is a client that judges the server the same way.
 *
 *   node examples/tls-server.ts key.pem cert.pem ca.pem 8443
 *   node examples/tls-server.ts key.pem cert.pem ca.pem 8443 ask localhost
 *
 * cert.pem: the certificate and the CAs between it and a root; ca.pem: the roots that the other side is believed by.
 */
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type TLSSocket } from 'node:tls';
import {
  certificatesOfPem,
  checkClientCertificate,
  checkServerCertificate,
  clientsAreJudged,
  formatName,
  peerValidator,
  serverIsJudged,
} from 'certkeeper/validation';

const [keyFile = 'key.pem', certFile = 'cert.pem', caFile = 'ca.pem', port = '8443', ask, host] =
  process.argv.slice(2);
const own = { key: await readFile(keyFile), cert: await readFile(certFile) };

// One for the life of the process: what responders and CRLs said is kept in it.
const validator = await peerValidator({
  policy: {
    anchors: certificatesOfPem(await readFile(caFile, 'utf8')),
    // Refuse what nobody gives a word on, if it names somebody to ask; in earnest leave it out, which is strict.
    revocation: 'ifuri',
    ocsp: 'on',
  },
});

if (ask === 'ask')
  await be(connect({ ...own, ...serverIsJudged, host: '127.0.0.1', port: Number(port) }));
else serve();

function serve(): void {
  const names = new WeakMap<object, string>();
  // It listens nowhere: it is handed the connections of clients that were accepted, and no others.
  const http = createHttpServer((request, response) => {
    response.end(`hello ${names.get(request.socket)}, you asked for ${request.url}\n`);
  });
  const server = createServer({ ...own, ...clientsAreJudged }, async (socket) => {
    const { verdict, reasons, path } = await checkClientCertificate(validator, socket);
    const [certificate] = path;
    const name = certificate ? formatName(certificate.tbsCertificate.subject) : 'somebody';
    console.log(`${verdict} ${name} ${reasons.map(({ code }) => code).join(' ')}`);
    if (verdict === 'reject') return;
    names.set(socket, name);
    http.emit('connection', socket);
  });
  // Whoever speaks no TLS, or breaks off.
  server.on('tlsClientError', (error) => console.log(`no handshake: ${error.message}`));
  server.listen(Number(port), '127.0.0.1', () => {
    const address = server.address();
    console.log(`listening on ${typeof address === 'object' ? address?.port : address}`);
  });
  process.once('SIGTERM', () => {
    server.close();
    http.closeAllConnections();
    void validator.close();
  });
}

async function be(socket: TLSSocket): Promise<void> {
  // In the same turn as the connection: the response that a server staples comes during the handshake.
  const { verdict, reasons } = await checkServerCertificate(validator, socket, {
    host: host ?? 'localhost',
  });
  console.log(`${verdict} ${reasons.map(({ code }) => code).join(' ')}`);
  if (verdict === 'accept') {
    socket.pipe(process.stdout);
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  }
  await validator.close();
}
