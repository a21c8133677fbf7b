/**
 * Serve TLS 1.3 on the loopback with a certificate of P-256, and print the port: with its OCSP response, where a file with
 * one is given, as a listener of ours does; else by Node alone.
 *
 * usage: tls-listener.ts DIRECTORY_OF_PKI [FILE_OF_RESPONSE]
 */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:tls';
import { join } from 'node:path';
import { toHex } from '../src/base/bytes.ts';
import { digest } from '../src/crypto/digest.ts';
import { stapledListener } from '../src/ocsp-staple/listener.ts';
import { certificateDer } from '../src/x509/certificate.ts';
import { readCertificate } from './signed-request.ts';

const [pki = '.', response] = process.argv.slice(2);
const certificate = readCertificate(join(pki, 'client.crt'));
const served = {
  name: 'bench',
  id: toHex(digest('sha256', certificateDer(certificate))),
  certificate,
  chain: readFileSync(join(pki, 'client.crt'), 'utf8'),
  key: readFileSync(join(pki, 'client.key'), 'utf8'),
};
const tls = { minVersion: 'TLSv1.3' } as const;

function listen(server: Server): Promise<number> {
  server.on('tlsClientError', () => {});
  server.on('secureConnection', (socket) => socket.on('error', () => {}).end());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const at = server.address();
      resolve(typeof at === 'object' && at ? at.port : 0);
    });
  });
}

function stapled(file: string): Server {
  const staple = { der: new Uint8Array(readFileSync(file)), until: new Date(8e15) };
  const listener = stapledListener([{ ...served, staple }], () => new Date(), tls);
  const server = createServer(listener.options());
  listener.attach(server);
  return server;
}

const server =
  response === undefined
    ? createServer({ ...tls, key: served.key, cert: served.chain })
    : stapled(response);
console.log(JSON.stringify({ port: await listen(server) }));
